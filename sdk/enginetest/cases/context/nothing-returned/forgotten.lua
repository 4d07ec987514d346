return function(ctx, steps)
  return { total = 3 }
end
