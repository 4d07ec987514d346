return function(ctx, steps)
  local input = steps.input.results
  table.insert(input.list, 2)
  steps.input = nil
  ctx.configVars.Limit = 99
  return { data = input }
end
