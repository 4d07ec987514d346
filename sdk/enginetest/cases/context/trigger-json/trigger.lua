return function(ctx, payload)
  return {
    payload = {
      data = payload.body.data,
      contentType = payload.body.contentType,
      method = payload.method,
      path = payload.pathFragment,
      query = payload.queryParameters,
      rawLength = #payload.rawBody.data,
      rawType = payload.rawBody.contentType,
      invokeUrl = payload.invokeUrl,
      executionId = payload.executionId,
      startedAt = payload.startedAt,
      flow = payload.flow.name,
      customer = payload.customer.name,
      debug = payload.globalDebug,
    },
  }
end
