local add = require("../lib/add").add
local rates = require("../data/rates.json")

return function()
  return { data = { add(2, 3), rates.currency } }
end
