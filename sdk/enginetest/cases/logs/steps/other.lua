print("other loads")

return function(ctx, steps)
  ctx.logger.info("in second")
  return { data = null }
end
