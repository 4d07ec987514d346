return function(ctx, steps)
  local logger = ctx.logger
  logger.trace("one")
  logger.debug("two")
  logger.info("three")
  logger.log("four")
  logger.warn("five")
  logger.error("six")
  logger.metric("seven")
  print("printed")
  return { data = null }
end
