module.exports = async (context, stepResults) => {
  context.logger.info("x".repeat(5000));
  context.logger.info("ü".repeat(5000));
  context.logger.info("x".repeat(4096));
  context.logger.info("short");
  return { data: null };
};
