module.exports = async (context, stepResults) => {
  const { body, headers, method } = stepResults.receiveOrder.results;
  return { data: [body.data.total, headers["X-Event"], method] };
};
