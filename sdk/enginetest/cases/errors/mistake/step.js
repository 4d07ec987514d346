module.exports = async (context, stepResults) => {
  const order = undefined;
  return { data: order.total }; // @mistake
};
