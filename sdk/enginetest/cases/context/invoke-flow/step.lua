return function(ctx, steps)
  local answer = ctx.invokeFlow("Make invoice", { order = 12 })
  return { data = { answer.status, answer.data } }
end
