// Finds out what the change means.
module.exports = async ({ crossFlowState }, { trigger }) => {
  const { article, onHand, at } = trigger.results.body.data;
  const known = crossFlowState[article];
  const before = known ? known.onHand : 0;
  return {
    data: { article, onHand, at, difference: onHand - before, isNew: !known, ranOut: before > 0 && onHand === 0 },
  };
};
