return function()
  error({ message = "busy", retryAfter = os.date("!%a, %d %b %Y %H:%M:%S GMT", os.time() + 60) })
end
