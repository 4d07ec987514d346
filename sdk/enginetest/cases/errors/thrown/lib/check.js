exports.positive = (n) => {
  if (n < 0) {
    throw new Error("negative amount"); // @inner
  }
  return n;
};
