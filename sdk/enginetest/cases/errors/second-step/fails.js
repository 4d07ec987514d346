module.exports = async (context, stepResults) => {
  throw new Error("broken");
};
