return function(ctx, steps)
  ctx.logger.info("must not run")
  return { data = 1 }
end
