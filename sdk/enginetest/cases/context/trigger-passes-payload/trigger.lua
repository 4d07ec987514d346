return function(ctx, payload)
  return { payload = payload }
end
