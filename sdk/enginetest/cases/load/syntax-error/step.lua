return function()
  local a = 1
  local b = = 2 -- @wrong
  return { data = a + b }
end
