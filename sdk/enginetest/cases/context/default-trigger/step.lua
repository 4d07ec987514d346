return function(ctx, steps)
  local payload = steps.receiveOrder.results
  return { data = { payload.body.data.total, payload.headers["X-Event"], payload.method } }
end
