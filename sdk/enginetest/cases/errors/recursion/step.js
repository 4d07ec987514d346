const down = (n) => 1 + down(n + 1);
module.exports = async () => ({ data: down(0) });
