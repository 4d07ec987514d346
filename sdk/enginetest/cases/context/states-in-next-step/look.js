module.exports = async (context, stepResults) => {
  return { data: context.instanceState };
};
