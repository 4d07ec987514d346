return function(ctx, steps)
  local fine, message = pcall(error, "own")
  local reached, reason = pcall(fetch, "https://api.example.com/")
  return { data = { not fine and message:find("own") ~= nil, not reached and reason ~= nil } }
end
