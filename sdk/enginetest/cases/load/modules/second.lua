local add = require("lib.add").add

return function()
  return { data = add(5, 7) }
end
