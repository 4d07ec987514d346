module.exports = async (context, { trigger }) => ({ data: { ...trigger.results.body.data, one: true } });
