return function(ctx)
  return { payload = ctx.idempotencyKey }
end
