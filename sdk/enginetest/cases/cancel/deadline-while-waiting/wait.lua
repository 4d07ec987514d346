return function(ctx, steps)
  fetch("https://api.example.com/slow")
  return { data = 1 }
end
