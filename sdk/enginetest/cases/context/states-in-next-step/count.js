module.exports = async (context, stepResults) => {
  const count = context.instanceState.count + 1;
  return { data: count, instanceState: { count } };
};
