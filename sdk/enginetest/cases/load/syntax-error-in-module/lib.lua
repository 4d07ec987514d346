local M = { a = 1 }
M.b = ) -- @module
return M
