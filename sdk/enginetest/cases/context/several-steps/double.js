module.exports = async (context, stepResults) => {
  return { data: stepResults.first.results * 2 };
};
