const csv = require("./csv.js");

const finding = ({ email }, row, seen) => {
  if (!/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email)) {
    return "no e-mail address";
  }
  const key = email.toLowerCase();
  if (seen.has(key)) {
    return `same address as row ${seen.get(key)}`;
  }
  seen.set(key, row);
  return "ok";
};

const answer = (statusCode, records) => ({
  statusCode,
  contentType: "text/csv; charset=utf-8",
  headers: { "Content-Disposition": 'attachment; filename="checked.csv"' },
  body: csv.format(records),
});

module.exports = async ({ configVars }, payload) => {
  const records = csv.parse(payload.body.data);
  const missing = configVars.Columns.filter((column) => !records[0].includes(column));
  if (missing.length > 0) {
    return { payload, response: answer(422, [["error"], [`missing column: ${missing.join(", ")}`]]) };
  }
  const seen = new Map();
  const findings = csv.rowsOf(records).map((row, i) => finding(row, i + 1, seen));
  const checked = records.map((record, i) => [...record, i === 0 ? "finding" : findings[i - 1]]);
  return { payload: { ...payload, findings }, response: answer(200, checked) };
};
