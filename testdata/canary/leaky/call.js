const secrets = require("./secrets.js");

const said = async (answer) => {
  try {
    const response = await answer;
    return { status: response.status, headers: [...response.headers], text: await response.text() };
  } catch (error) {
    return { message: error.message, cause: String(error.cause) };
  }
};

module.exports = async (context) => {
  const { logger, configVars, invokeFlow } = context;
  const all = secrets(context);
  const answers = [];
  for (const connection of ["Key", "Pair", "Login", "Robot", "Person", "Broken"]) {
    answers.push(await said(fetch("$SERVICE/echo?via=" + connection, { connection })));
  }
  for (const { itself, base64 } of all) {
    answers.push(await said(fetch("$SERVICE/echo?key=" + encodeURIComponent(itself), { method: "POST", headers: { "X-Key": base64 }, body: itself })));
    answers.push(await said(fetch("http://127.0.0.1:1/" + encodeURIComponent(itself))));
  }
  answers.push(await said(invokeFlow("In Lua", { config: configVars })));
  logger.info(answers);
  return { data: answers };
};
