return function(ctx, steps)
  ctx.logger.info("in first")
  return { data = null }
end
