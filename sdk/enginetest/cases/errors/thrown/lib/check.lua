local M = {}

function M.positive(n)
  if n < 0 then
    error("negative amount") -- @inner
  end
  return n
end

return M
