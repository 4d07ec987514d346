return function()
  error({ message = "busy", retryAfter = "7" })
end
