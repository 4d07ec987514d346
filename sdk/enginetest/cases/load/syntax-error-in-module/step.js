const lib = require("./lib");
module.exports = async () => ({ data: lib.a });
