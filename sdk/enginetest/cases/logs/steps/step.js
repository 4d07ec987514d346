module.exports = async (context, stepResults) => {
  context.logger.info("in first");
  return { data: null };
};
