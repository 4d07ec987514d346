const { positive } = require("./lib/check");

module.exports = async (context, stepResults) => {
  const amount = positive(-1); // @outer
  return { data: amount };
};
