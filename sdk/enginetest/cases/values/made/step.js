module.exports = async (context, stepResults) => {
  const out = {};
  out.sum = 1 + 2;
  out.half = 1 / 2;
  out.negative = -7;
  out.big = 2 ** 53 - 1;
  out.text = 'grün "quoted"';
  out.yes = true;
  out.list = [1, "two", [false]];
  return { data: out };
};
