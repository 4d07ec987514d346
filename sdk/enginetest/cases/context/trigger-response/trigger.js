module.exports = async (context, payload) => {
  return {
    payload: { greeting: payload.body.data },
    response: { statusCode: 202, contentType: "application/json", headers: { "X-Seen": "yes" }, body: { accepted: true } },
  };
};
