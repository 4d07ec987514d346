return function(ctx, steps)
  return { data = { steps.input.results, steps.first.results, steps.second.results } }
end
