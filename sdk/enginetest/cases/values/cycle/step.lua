return function(ctx, steps)
  local order = { lines = { {} } }
  order.lines[1].parent = order
  return { data = order }
end
