module.exports = async (context, stepResults) => {
  context.logger.info("spinning");
  for (;;) {}
};
