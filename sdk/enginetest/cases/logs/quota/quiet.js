module.exports = async (context, stepResults) => {
  context.logger.info("only one");
  return { data: null };
};
