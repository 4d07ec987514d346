return function(ctx, steps)
  error("just text", 0)
end
