return function(ctx, steps)
  ctx.logger.info(("x"):rep(5000))
  ctx.logger.info(("ü"):rep(5000))
  ctx.logger.info(("x"):rep(4096))
  ctx.logger.info("short")
  return { data = null }
end
