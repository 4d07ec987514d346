// Refuses what is no stock change, so that the warehouse notices; all else is accepted and booked later.
module.exports = async (context, payload) => {
  const { article, onHand } = payload.body.data || {};
  if (typeof article === "string" && article !== "" && Number.isInteger(onHand) && onHand >= 0) {
    return { payload };
  }
  return {
    payload,
    response: {
      statusCode: 422,
      contentType: "application/json",
      body: { error: "a stock change has an article and onHand, a whole number from 0 on" },
    },
  };
};
