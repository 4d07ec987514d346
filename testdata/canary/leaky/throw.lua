return function(ctx)
  ctx.configVars.Planted = nil
  local all = {}
  for _, connection in pairs(ctx.configVars) do
    for _, text in pairs(connection.fields) do all[#all + 1] = tostring(text) end
  end
  error(table.concat(all, " "))
end
