return function(ctx, steps)
  return { data = "plain" }
end
