return function(ctx, steps)
  return { data = "\0\1\255\254" }
end
