module.exports = async (context, stepResults) => {
  const first = await fetch("https://api.example.com/me", { connection: "Shop API" });
  const second = await fetch("https://api.example.com/items", {
    connection: "Ключ № 1",
    method: "POST",
    headers: { "X-Page": "2" },
    body: "{}",
  });
  const third = await fetch("https://api.example.com/open");
  let refused = false;
  try {
    await fetch("https://other.example.com/", { connection: "Shop API" });
  } catch (error) {
    refused = true;
  }
  return { data: [await first.text(), await second.text(), await third.text(), refused] };
};
