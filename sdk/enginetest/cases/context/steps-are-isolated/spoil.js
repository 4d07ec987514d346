module.exports = async (context, stepResults) => {
  const input = stepResults.input.results;
  input.list.push(2);
  stepResults.input = null;
  context.configVars.Limit = 99;
  return { data: input };
};
