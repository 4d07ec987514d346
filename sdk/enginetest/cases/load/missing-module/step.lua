local missing = require("./no-such-file") -- @missing
return function() return { data = missing } end
