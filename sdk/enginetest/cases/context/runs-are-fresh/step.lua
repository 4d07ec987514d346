local counter = require("./counter")

return function()
  calls = (calls or 0) + 1
  local clean = string.spoiled == nil
  string.spoiled = true
  return { data = { calls, counter.next(), clean } }
end
