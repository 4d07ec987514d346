module.exports = async ({ configVars, logger }, payload) => {
  logger.info("triggered", payload.headers, configVars);
  const { Planted, ...others } = configVars;
  return { payload: { ...payload, body: { data: { key: configVars.Key.fields.apiKey, others } } }, response: { statusCode: 202, body: { key: configVars.Key.fields.apiKey } } };
};
