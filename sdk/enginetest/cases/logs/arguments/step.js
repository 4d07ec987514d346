module.exports = async (context, stepResults) => {
  context.logger.info("order", 12, true, 0.5, "grün");
  context.logger.info({ total: 3 });
  context.logger.info([1, "two", { three: 3 }]);
  return { data: null };
};
