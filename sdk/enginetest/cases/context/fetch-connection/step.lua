return function(ctx, steps)
  local first = fetch("https://api.example.com/me", { connection = "Shop API" })
  local second = fetch("https://api.example.com/items", {
    connection = "Ключ № 1",
    method = "POST",
    headers = { ["X-Page"] = "2" },
    body = "{}",
  })
  local third = fetch("https://api.example.com/open")
  local fine = pcall(fetch, "https://other.example.com/", { connection = "Shop API" })
  return { data = { first.body, second.body, third.body, not fine } }
end
