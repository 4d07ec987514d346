module.exports = async (context, stepResults) => {
  stepResults;
};
