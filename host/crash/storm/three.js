module.exports = require("./effect")(3);
