module.exports = async () => {
  const a = 1;
  const b = = 2; // @wrong
  return { data: a + b };
};
