module.exports = async (context, { two }) => ({ data: { ...two.results, three: true } });
