module.exports = async (context, stepResults) => {
  const answer = await context.invokeFlow("Make invoice", { order: 12 });
  return { data: [answer.status, answer.data] };
};
