module.exports = async () => {
  throw Object.assign(new Error("busy"), { retryAfter: "7" });
};
