return function(ctx, steps)
  return { data = ctx.instanceState }
end
