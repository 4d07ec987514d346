// Totals of an order. All money is in cents, so that nothing is lost to binary fractions.
const TAX_PERCENT = { DE: 19, FR: 20, AT: 20, US: 0 };

const lineOf = ({ sku, name, quantity, unitPrice, discountPercent = 0 }) => {
  const gross = quantity * Math.round(unitPrice * 100);
  const discount = Math.round((gross * discountPercent) / 100);
  return { sku, name, quantity, gross, discount, net: gross - discount };
};

module.exports = async ({ logger, configVars }, stepResults) => {
  const order = stepResults.trigger.results.body.data;
  const lines = order.lines.map(lineOf);
  const subtotal = lines.reduce((sum, line) => sum + line.net, 0);
  const shipping = subtotal >= configVars["Free Shipping From"] ? 0 : configVars["Shipping Cents"];
  const percent = TAX_PERCENT[order.shipTo.country] ?? 0;
  const tax = Math.round(((subtotal + shipping) * percent) / 100);
  logger.info("order", order.id, "has", lines.length, "lines");
  return { data: { lines, subtotal, shipping, tax, total: subtotal + shipping + tax } };
};
