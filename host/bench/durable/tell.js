module.exports = async (context, { two }) => {
  const answer = await fetch(`${context.configVars.Listener}/${context.executionId}`, { method: "POST" });
  return { data: { ...two.results, told: answer.status } };
};
