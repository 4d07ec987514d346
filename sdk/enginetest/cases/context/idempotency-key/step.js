module.exports = async (context) => ({ data: context.idempotencyKey });
