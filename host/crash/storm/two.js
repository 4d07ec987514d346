module.exports = require("./effect")(2);
