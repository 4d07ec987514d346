module.exports = async (context, stepResults) => {
  stepResults.spoil.results.list.length;
  return { data: { input: stepResults.input.results, limit: context.configVars.Limit, spoil: stepResults.spoil.results } };
};
