return function(ctx, steps)
  return { data = { input = steps.input.results, limit = ctx.configVars.Limit, spoil = steps.spoil.results } }
end
