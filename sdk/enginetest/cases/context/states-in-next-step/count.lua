return function(ctx, steps)
  local count = ctx.instanceState.count + 1
  return { data = count, instanceState = { count = count } }
end
