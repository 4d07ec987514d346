module.exports = async (context) => ({ payload: context.idempotencyKey });
