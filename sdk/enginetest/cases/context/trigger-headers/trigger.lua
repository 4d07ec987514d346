return function(ctx, payload)
  local names = {}
  for name in pairs(payload.headers) do names[#names + 1] = name end
  table.sort(names)
  return {
    payload = {
      upper = payload.headers["X-GitHub-Event"],
      lower = payload.headers["x-github-event"],
      absent = payload.headers["X-Absent"] == nil,
      names = names,
    },
  }
end
