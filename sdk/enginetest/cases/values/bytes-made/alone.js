module.exports = async (context, stepResults) => {
  return { data: Buffer.from([0, 1, 255, 254]) };
};
