module.exports = async (context, stepResults) => {
  context.logger.info("must not run");
  return { data: 1 };
};
