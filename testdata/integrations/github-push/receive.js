const crypto = require("crypto");

const signed = (secret, { data }, signature = "") => {
  const expected = "sha256=" + crypto.createHmac("sha256", secret).update(data).digest("hex");
  return signature.length === expected.length && crypto.timingSafeEqual(Buffer.from(signature), Buffer.from(expected));
};

module.exports = async ({ configVars, logger }, payload) => {
  if (!signed(configVars["Webhook Secret"], payload.rawBody, payload.headers["X-Hub-Signature-256"])) {
    logger.warn("a request with a wrong signature");
    return { payload, response: { statusCode: 401, contentType: "application/json", body: { error: "wrong signature" } } };
  }
  if (payload.headers["X-GitHub-Event"] === "ping") {
    return { payload, response: { statusCode: 200, contentType: "text/plain; charset=utf-8", body: payload.body.data.zen } };
  }
  return { payload };
};
