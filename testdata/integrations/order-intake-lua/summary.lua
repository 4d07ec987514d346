local function money(cents, currency)
  return string.format("%d.%02d %s", math.floor(cents / 100), cents % 100, currency)
end

return function(ctx, steps)
  local order = steps.trigger.results.body.data
  local totals = steps.computeTotals.results
  local pieces, saved, lines = 0, 0, {}
  for i, line in ipairs(totals.lines) do
    pieces = pieces + line.quantity
    saved = saved + line.discount
    lines[i] = { sku = line.sku, quantity = line.quantity, net = line.net }
  end
  return {
    data = {
      orderId = order.id,
      customer = order.customer.firstName .. " " .. order.customer.lastName,
      pieces = pieces,
      saved = money(saved, order.currency),
      subtotal = money(totals.subtotal, order.currency),
      shipping = money(totals.shipping, order.currency),
      tax = money(totals.tax, order.currency),
      total = money(totals.total, order.currency),
      lines = lines,
      message = string.format("Thank you, %s: %d pieces go to %s.", order.customer.firstName, pieces, order.shipTo.city),
    },
  }
end
