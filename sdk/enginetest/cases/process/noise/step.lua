return function(ctx, steps)
  print("1|1|unix|/tmp/elsewhere.sock|grpc")
  ctx.logger.error('{"@message":42}')
  print(("x"):rep(200000))
  return { data = "fine" }
end
