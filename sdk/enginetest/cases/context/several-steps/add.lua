return function(ctx, steps)
  return { data = steps.input.results + 1 }
end
