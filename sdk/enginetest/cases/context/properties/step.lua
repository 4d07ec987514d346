return function(ctx, steps)
  local kinds = {}
  for _, name in ipairs { "instanceState", "crossFlowState", "integrationState", "executionState" } do
    kinds[#kinds + 1] = type(ctx[name]) == "table" and "object"
  end
  return {
    data = {
      appBaseUrl = ctx.configVars["App Base URL"],
      limit = ctx.configVars.Limit,
      live = ctx.configVars.Live,
      tags = ctx.configVars.Tags,
      label = ctx.configVars.Labels[1].value,
      options = ctx.configVars.Options,
      username = ctx.configVars["Shop API"].fields.username,
      webhookUrl = ctx.webhookUrls["Receive order"],
      apiKeys = ctx.webhookApiKeys["Receive order"],
      customer = ctx.customer,
      instance = ctx.instance,
      noUser = ctx.user == nil,
      integration = ctx.integration,
      flow = ctx.flow,
      executionId = ctx.executionId,
      startedAt = ctx.startedAt,
      invokeUrl = ctx.invokeUrl,
      hasStepId = type(ctx.stepId) == "string" and ctx.stepId ~= "",
      invokedBy = ctx.executionFrame.invokedBy,
      states = kinds,
      debug = ctx.debug.enabled,
    },
  }
end
