// The trigger's code: what it returns is kept with the execution, so that a repeat sees the same.
module.exports = async (context, payload) => {
  if (typeof payload.body.data.event !== "string") return { response: { statusCode: 400, body: { error: "no event" } } };
  return { payload };
};
