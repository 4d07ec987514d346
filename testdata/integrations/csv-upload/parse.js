const csv = require("./csv.js");

module.exports = async (context, { trigger }) => ({ data: { rows: csv.rowsOf(csv.parse(trigger.results.body.data)) } });
