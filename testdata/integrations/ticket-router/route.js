const fill = (template, values) => template.replace(/\$\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

module.exports = async ({ configVars, customer, instance, integration }, { trigger, score }) => {
  const ticket = trigger.results.body.data;
  const topics = configVars["Queue By Topic"];
  const found = topics.find(({ key }) => ticket.subject.toLowerCase().includes(key));
  const urgent = score.results.score >= configVars["Urgent From"];
  const desk = configVars["Help Desk API"];
  return {
    statusCode: urgent ? 201 : 200,
    data: {
      customer: customer.externalId,
      instance: instance.name,
      version: integration.externalVersion,
      queue: `${configVars.Region}/${found ? found.value : "general"}`,
      score: score.results.score,
      urgent,
      escalateTo: urgent ? configVars["Escalation Emails"] : [],
      businessHoursOnly: configVars["Business Hours Only"],
      customerSince: configVars["Contract Start"].slice(0, 4),
      audited: configVars["Last Audit"] ?? null,
      digest: `${configVars.Digest.value} ${configVars.Digest.time_zone}`,
      desk: desk.fields.username ? { kind: desk.key, user: desk.fields.username } : null, // nobody has to fill it in
      reply: fill(configVars.Greeting, { name: ticket.from, team: configVars["Team Name"] }),
    },
  };
};
