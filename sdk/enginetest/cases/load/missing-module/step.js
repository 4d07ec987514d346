const missing = require("./no-such-file"); // @missing
module.exports = async () => ({ data: missing });
