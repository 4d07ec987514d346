local lib = require("./lib")
return function() return { data = lib.a } end
