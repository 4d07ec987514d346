return function(ctx, steps)
  local first = fetch("https://api.example.com/items?page=2")
  local second = fetch("https://api.example.com/items", {
    method = "POST",
    headers = { ["Content-Type"] = "application/json", ["X-Token"] = "t" },
    body = json.encode({ a = 1 }),
  })
  return {
    data = { first.status, first.statusText, first.ok, first.headers["X-Page"], first.json(), second.status, second.ok, second.body },
  }
end
