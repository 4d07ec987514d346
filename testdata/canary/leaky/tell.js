const secrets = require("./secrets.js");

module.exports = async (context, results) => {
  const { logger, instanceState, crossFlowState, executionState } = context;
  const all = secrets(context);
  for (const forms of all) {
    for (const [name, form] of Object.entries(forms)) logger.info(name, form);
    console.log("x".repeat(4090) + forms.itself);
  }
  console.log(context);
  logger.warn(JSON.stringify(context.configVars));
  logger.error(new Error(JSON.stringify(context.configVars)));
  logger.debug(results);
  instanceState.kept = all;
  crossFlowState[all[0].itself] = all[1];
  executionState.kept = all;
  const bytes = Buffer.from(JSON.stringify(all));
  return {
    data: { all, bytes, nested: { bytes, text: bytes.toString("base64") }, config: context.configVars, results },
    headers: { "X-Secret": encodeURIComponent(all[0].itself) },
  };
};
