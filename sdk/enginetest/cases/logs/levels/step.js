module.exports = async (context, stepResults) => {
  const { logger } = context;
  logger.trace("one");
  logger.debug("two");
  logger.info("three");
  logger.log("four");
  logger.warn("five");
  logger.error("six");
  logger.metric("seven");
  console.log("printed");
  return { data: null };
};
