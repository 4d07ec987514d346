local check = require("./lib/check")

return function(ctx, steps)
  local amount = check.positive(-1) -- @outer
  return { data = amount }
end
