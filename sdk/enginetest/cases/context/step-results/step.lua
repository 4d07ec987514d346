return function(ctx, steps)
  local failure = steps.failed.results.error
  return {
    data = {
      id = steps.getData.results.orders[1].id,
      absent = steps.neverRan == nil,
      name = failure.name,
      message = failure.message,
    },
  }
end
