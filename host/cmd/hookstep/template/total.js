// A step takes the context and the results of the earlier steps, and returns its own result as `data`.
module.exports = async ({ logger }, stepResults) => {
  const { items } = stepResults.trigger.results.body.data;
  const total = items.reduce((sum, { price, quantity }) => sum + price * quantity, 0);
  logger.info(`${items.length} items, total ${total}`);
  return { data: { total } };
};
