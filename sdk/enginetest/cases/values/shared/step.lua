return function(ctx, steps)
  local node = {}
  for _ = 1, 40 do node = { left = node, right = node } end
  return { data = node }
end
