// What is in a connection is hidden from this code. That something is in it is not.
const isFilled = ({ fields }, ...names) => names.every((name) => fields[name]);

module.exports = async ({ configVars, logger }, payload) => {
  const missing = [];
  if (!isFilled(configVars["Shop API"], "apiKey")) missing.push("Shop API");
  if (!isFilled(configVars.CRM, "clientId", "clientSecret")) missing.push("CRM");
  if (missing.length > 0) {
    logger.warn(`connections wait to be set: ${missing.join(", ")}`);
    const body = { error: "not set up yet", connections: missing };
    return { payload, response: { statusCode: 503, contentType: "application/json", headers: { "Retry-After": "3600" }, body } };
  }
  return { payload };
};
