module.exports = async ({ configVars, customer }, stepResults) => {
  const { id, name, email } = stepResults.readContact.results;
  const answer = await fetch(`${configVars["CRM URL"]}/v2/contacts/${encodeURIComponent(`${customer.externalId}-${id}`)}`, {
    connection: "CRM",
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name, email, source: "shop" }),
  });
  if (!answer.ok) throw new Error(`the CRM answers ${answer.status} for contact ${id}`);
  return { data: { contact: id, written: true } };
};
