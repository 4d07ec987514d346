module.exports = async (context, stepResults) => {
  const answer = await fetch("https://api.example.com/gate");
  return { data: await answer.text() };
};
