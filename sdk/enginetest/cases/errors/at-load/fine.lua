return function(ctx, steps)
  return { data = 1 }
end
