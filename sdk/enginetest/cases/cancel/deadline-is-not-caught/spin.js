module.exports = async (context, stepResults) => {
  for (;;) {
    try {
      for (;;) {}
    } catch (e) {
      continue;
    } finally {
      continue;
    }
  }
};
