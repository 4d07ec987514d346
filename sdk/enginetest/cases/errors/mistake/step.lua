return function(ctx, steps)
  local order = nil
  return { data = order.total } -- @mistake
end
