module.exports = async (context, stepResults) => {
  return { data: { items: [1, { callback: () => 1 }] } };
};
