module.exports = async (context, stepResults) => {
  const answer = await fetch("http://169.254.169.254/"); // @call
  return { data: answer.status };
};
