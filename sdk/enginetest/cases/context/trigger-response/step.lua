return function(ctx, steps)
  return { data = steps.trigger.results.greeting }
end
