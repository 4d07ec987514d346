const money = (cents, currency) => `${(cents / 100).toFixed(2)} ${currency}`;

module.exports = async (context, stepResults) => {
  const order = stepResults.trigger.results.body.data;
  const totals = stepResults.computeTotals.results;
  const pieces = totals.lines.reduce((sum, line) => sum + line.quantity, 0);
  return {
    data: {
      orderId: order.id,
      customer: `${order.customer.firstName} ${order.customer.lastName}`,
      pieces,
      saved: money(totals.lines.reduce((sum, line) => sum + line.discount, 0), order.currency),
      subtotal: money(totals.subtotal, order.currency),
      shipping: money(totals.shipping, order.currency),
      tax: money(totals.tax, order.currency),
      total: money(totals.total, order.currency),
      lines: totals.lines.map(({ sku, quantity, net }) => ({ sku, quantity, net })),
      message: `Thank you, ${order.customer.firstName}: ${pieces} pieces go to ${order.shipTo.city}.`,
    },
  };
};
