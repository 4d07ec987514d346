return function(ctx, steps)
  for i = 1, 100 do ctx.logger.info("line " .. i) end
  return { data = null }
end
