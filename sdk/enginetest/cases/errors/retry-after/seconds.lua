return function()
  error({ message = "busy", retryAfter = 2.5 })
end
