return function(ctx, steps)
  error("broken")
end
