return function(ctx, steps)
  ctx.logger.info("only one")
  return { data = null }
end
