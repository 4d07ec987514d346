module.exports = async () => {
  throw Object.assign(new Error("busy"), { retryAfter: new Date(Date.now() + 60000).toUTCString() });
};
