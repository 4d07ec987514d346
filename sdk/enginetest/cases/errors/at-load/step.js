const settings = require("./settings");
module.exports = async () => ({ data: settings });
