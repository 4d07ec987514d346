// effect makes the step with a number: it tells the counter what it sees, and returns what the counter answers.
module.exports = (number) => async (context, { trigger, one, two }) => {
  const { event, lane, place } = trigger.results.body.data;
  const seen = [one, two].slice(0, number - 1).map((step) => (step ? step.results.token : 0));
  const answer = await fetch(`${context.configVars.Counter}/effects`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ event, lane, place, seen, step: number, execution: context.executionId, key: context.idempotencyKey }),
  });
  if (!answer.ok) throw new Error(`the counter answered ${answer.status}: ${await answer.text()}`);
  context.logger.info(`step ${number} of ${event}`);
  return { data: await answer.json() };
};
