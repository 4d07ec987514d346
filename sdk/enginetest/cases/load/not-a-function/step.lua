local five = tonumber("5")
return five
