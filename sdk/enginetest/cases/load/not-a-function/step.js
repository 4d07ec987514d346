module.exports = Number("5");
