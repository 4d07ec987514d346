const counter = require("./counter");

module.exports = async () => {
  globalThis.calls = (globalThis.calls || 0) + 1;
  const clean = [].spoiled === undefined;
  Array.prototype.spoiled = true;
  return { data: [globalThis.calls, counter.next(), clean] };
};
