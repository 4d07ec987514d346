module.exports = async (context, stepResults) => {
  return { data: "fine" };
};
