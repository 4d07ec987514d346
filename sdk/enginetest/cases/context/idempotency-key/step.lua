return function(ctx)
  return { data = ctx.idempotencyKey }
end
