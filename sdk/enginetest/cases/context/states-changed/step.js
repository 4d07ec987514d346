module.exports = async (context, stepResults) => {
  context.instanceState.count += 1;
  context.instanceState.added = "new";
  delete context.instanceState.gone;
  context.crossFlowState.deep.list.push(2);
  return { data: context.instanceState.count, executionState: { fresh: [true] } };
};
