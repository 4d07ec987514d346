module.exports = async (context, stepResults) => {
  return { data: stepResults.trigger.results.greeting };
};
