return function() return { data = } end -- @entry
