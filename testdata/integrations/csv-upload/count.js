module.exports = async ({ logger }, { receiveList }) => {
  const { findings } = receiveList.results;
  const good = findings.filter((finding) => finding === "ok").length;
  logger.info(`${good} of ${findings.length} rows are good`);
  return { data: { good, bad: findings.length - good } };
};
