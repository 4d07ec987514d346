return function(ctx, steps)
  return { data = fetch("https://api.example.com/gate").body }
end
