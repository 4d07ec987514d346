return function(ctx, steps)
  error({ name = "OrderError", message = "no such order" })
end
