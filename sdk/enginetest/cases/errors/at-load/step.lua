local settings = require("./settings")
return function() return { data = settings } end
