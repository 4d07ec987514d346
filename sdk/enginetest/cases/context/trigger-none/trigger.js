module.exports = async (context, payload) => {
  return { payload: { body: payload.body.data, query: payload.queryParameters, path: payload.pathFragment, method: payload.method } };
};
