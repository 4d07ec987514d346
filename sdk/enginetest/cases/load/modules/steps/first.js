const { add } = require("../lib/add");
const rates = require("../data/rates.json");

module.exports = async () => ({ data: [add(2, 3), rates.currency] });
