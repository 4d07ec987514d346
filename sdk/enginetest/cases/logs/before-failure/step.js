module.exports = async (context, stepResults) => {
  context.logger.info("last words");
  throw new Error("broken");
};
