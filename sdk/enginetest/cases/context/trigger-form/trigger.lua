return function(ctx, payload)
  return { payload = payload.body.data }
end
