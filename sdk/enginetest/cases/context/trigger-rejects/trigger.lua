return function(ctx, payload)
  return { payload = null, response = { statusCode = 401, body = "who are you?" } }
end
