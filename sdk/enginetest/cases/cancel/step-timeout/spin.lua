return function(ctx, steps)
  ctx.logger.info("spinning")
  while true do end
end
