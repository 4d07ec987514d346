return function(ctx, steps)
  ctx.logger.info("last words")
  error("broken")
end
