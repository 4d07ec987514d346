// The host adds the key, and to requests for the hosts of the connection only.
module.exports = async ({ configVars }, stepResults) => {
  const { contactId } = stepResults.trigger.results.body.data;
  const answer = await fetch(`${configVars["Shop URL"]}/contacts/${encodeURIComponent(contactId)}`, { connection: "Shop API" });
  if (!answer.ok) throw new Error(`the shop answers ${answer.status} for contact ${contactId}`);
  return { data: await answer.json() };
};
