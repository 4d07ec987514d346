return function(ctx, steps)
  return { data = { text = bytes("text"), empty = bytes(""), list = { "\255" } } }
end
