module.exports = async (context, payload) => {
  return { payload };
};
