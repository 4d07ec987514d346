module.exports = async (context, stepResults) => {
  return { data: 1 };
};
