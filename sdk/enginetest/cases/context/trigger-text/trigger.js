module.exports = async (context, payload) => {
  return { payload: payload.body.data };
};
