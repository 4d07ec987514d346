// Keeps the stock under the article's own key: changes of several articles at once lose nothing of each other.
module.exports = async ({ logger }, { compare }) => {
  const { article, onHand, at, difference, ranOut } = compare.results;
  if (ranOut) {
    logger.warn(`${article} has run out`);
  }
  return { data: { article, onHand, difference }, crossFlowState: { [article]: { onHand, at } } };
};
