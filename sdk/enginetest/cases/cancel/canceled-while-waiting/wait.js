module.exports = async (context, stepResults) => {
  await fetch("https://api.example.com/slow");
  return { data: 1 };
};
