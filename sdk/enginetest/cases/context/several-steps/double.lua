return function(ctx, steps)
  return { data = steps.first.results * 2 }
end
