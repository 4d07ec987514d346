module.exports = async (context, stepResults) => {
  for (let i = 1; i <= 100; i++) context.logger.info(`line ${i}`);
  return { data: null };
};
