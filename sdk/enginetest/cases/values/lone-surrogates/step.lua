return function(ctx, steps)
  return { data = steps.input.results }
end
