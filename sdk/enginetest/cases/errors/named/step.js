class OrderError extends Error {
  constructor(message) {
    super(message);
    this.name = "OrderError";
  }
}

module.exports = async () => {
  throw new OrderError("no such order");
};
