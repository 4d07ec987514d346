return function(ctx, steps)
  return { data = "fine" }
end
