const { add } = require("./lib/add.js");

module.exports = async () => ({ data: add(5, 7) });
