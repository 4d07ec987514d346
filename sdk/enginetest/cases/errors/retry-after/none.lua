return function()
  error({ message = "busy", retryAfter = "soon" })
end
