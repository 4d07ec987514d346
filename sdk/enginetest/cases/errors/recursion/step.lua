local function down(n) return 1 + down(n + 1) end
return function() return { data = down(0) } end
