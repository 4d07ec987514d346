module.exports = async ({ configVars, integrationState, logger }) => {
  const { apiKey } = configVars.Planted.fields;
  integrationState.itself = apiKey;
  integrationState.base64 = Buffer.from("u:" + apiKey).toString("base64");
  integrationState.hex = Buffer.from(apiKey).toString("hex");
  logger.info(apiKey);
  return { data: apiKey };
};
