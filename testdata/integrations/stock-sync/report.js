// Sums up what all changes came to.
module.exports = async ({ crossFlowState, logger }, { trigger }) => {
  const articles = Object.entries(crossFlowState);
  const empty = articles.filter(([, stock]) => stock.onHand === 0).map(([article]) => article).sort();
  const pieces = articles.reduce((sum, [, stock]) => sum + stock.onHand, 0);
  logger.info(`${articles.length} articles, ${empty.length} of them have run out`);
  return { data: { due: trigger.results.headers["hookstep-due"] || null, articles: articles.length, pieces, empty } };
};
