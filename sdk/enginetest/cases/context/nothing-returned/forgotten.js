module.exports = async (context, stepResults) => {
  return { total: 3 };
};
