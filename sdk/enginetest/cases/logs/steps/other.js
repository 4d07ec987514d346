console.log("other loads");

module.exports = async (context, stepResults) => {
  context.logger.info("in second");
  return { data: null };
};
