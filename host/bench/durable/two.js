module.exports = async (context, { one }) => ({ data: { ...one.results, two: true } });
