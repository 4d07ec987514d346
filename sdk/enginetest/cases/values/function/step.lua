return function(ctx, steps)
  return { data = { items = { 1, { callback = function() end } } } }
end
