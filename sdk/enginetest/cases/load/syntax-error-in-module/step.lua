local lib = require("./lib")
return function() return { data = } end -- @entry
