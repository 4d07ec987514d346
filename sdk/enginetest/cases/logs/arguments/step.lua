return function(ctx, steps)
  ctx.logger.info("order", 12, true, 0.5, "grün")
  ctx.logger.info({ total = 3 })
  ctx.logger.info({ 1, "two", { three = 3 } })
  return { data = null }
end
