local function walk(value, found)
  if type(value) == "table" then
    for _, one in pairs(value) do walk(one, found) end
  elseif #tostring(value) > 5 then
    found[#found + 1] = tostring(value)
  end
  return found
end

return function(ctx, steps)
  ctx.configVars.Planted = nil
  local all = walk({ctx.configVars, ctx.webhookApiKeys}, {})
  for _, text in ipairs(all) do
    print(text)
    ctx.logger.info(text)
    ctx.logger.error({ [text] = { text } })
  end
  ctx.instanceState.kept = all
  return { data = { all = all, config = ctx.configVars, steps = steps } }
end
