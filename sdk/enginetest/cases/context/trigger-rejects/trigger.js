module.exports = async (context, payload) => {
  return { payload: null, response: { statusCode: 401, body: "who are you?" } };
};
