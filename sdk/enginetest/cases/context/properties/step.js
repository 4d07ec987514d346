module.exports = async (context, stepResults) => {
  const c = context;
  return {
    data: {
      appBaseUrl: c.configVars["App Base URL"],
      limit: c.configVars.Limit,
      live: c.configVars.Live,
      tags: c.configVars.Tags,
      label: c.configVars.Labels[0].value,
      options: c.configVars.Options,
      username: c.configVars["Shop API"].fields.username,
      webhookUrl: c.webhookUrls["Receive order"],
      apiKeys: c.webhookApiKeys["Receive order"],
      customer: c.customer,
      instance: c.instance,
      noUser: c.user === null,
      integration: c.integration,
      flow: c.flow,
      executionId: c.executionId,
      startedAt: c.startedAt,
      invokeUrl: c.invokeUrl,
      hasStepId: typeof c.stepId === "string" && c.stepId !== "",
      invokedBy: c.executionFrame.invokedBy,
      states: [c.instanceState, c.crossFlowState, c.integrationState, c.executionState].map((s) => typeof s),
      debug: c.debug.enabled,
    },
  };
};
