module.exports = async (context, stepResults) => {
  const { error } = stepResults.failed.results;
  return {
    data: {
      id: stepResults.getData.results.orders[0].id,
      absent: stepResults.neverRan === undefined,
      name: error.name,
      message: error.message,
    },
  };
};
