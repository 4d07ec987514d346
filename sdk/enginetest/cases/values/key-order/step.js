module.exports = async (context, stepResults) => {
  return { data: stepResults.input.results };
};
