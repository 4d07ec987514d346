module.exports = require("./effect")(1);
