// every text below the connections that may be one
const texts = (value) => (value && typeof value === "object" ? Object.values(value).flatMap(texts) : [String(value)]);

const forms = (text) => ({
  itself: text,
  json: JSON.stringify(text),
  twice: JSON.stringify(JSON.stringify({ text })),
  component: encodeURIComponent(text),
  form: new URLSearchParams({ text }).toString(),
  base64: Buffer.from(text).toString("base64"),
  base64url: Buffer.from(text).toString("base64url"),
  basic: "Basic " + btoa(unescape(encodeURIComponent("user:" + text))),
  inside: Buffer.from("a:" + text + ":b").toString("base64"),
  hex: Buffer.from(text).toString("hex"),
  html: text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;"),
  lines: text.split("\n"),
  [text]: "as a name",
});

module.exports = ({ configVars, webhookApiKeys }) => {
  const { Planted, ...others } = configVars;
  return texts([others, webhookApiKeys]).filter((text) => text.length > 5).map(forms);
};
