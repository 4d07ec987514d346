module.exports = async (context, stepResults) => {
  let node = {};
  for (let i = 0; i < 40; i++) node = { left: node, right: node };
  return { data: node };
};
