module.exports = async (context, stepResults) => {
  throw "just text";
};
