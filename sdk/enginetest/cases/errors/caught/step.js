module.exports = async (context, stepResults) => {
  let own = false;
  let hosts = false;
  try {
    throw new Error("own");
  } catch (e) {
    own = e.message === "own";
  }
  try {
    await fetch("https://api.example.com/");
  } catch (e) {
    hosts = true;
  }
  return { data: [own, hosts] };
};
