return function(ctx, payload)
  return { payload = { body = payload.body.data, query = payload.queryParameters, path = payload.pathFragment, method = payload.method } }
end
