module.exports = async (context, stepResults) => {
  const order = { lines: [{}] };
  order.lines[0].parent = order;
  return { data: order };
};
