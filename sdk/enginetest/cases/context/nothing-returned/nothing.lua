return function(ctx, steps)
  local unused = steps
end
