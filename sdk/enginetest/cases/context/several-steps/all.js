module.exports = async (context, stepResults) => {
  return { data: [stepResults.input.results, stepResults.first.results, stepResults.second.results] };
};
