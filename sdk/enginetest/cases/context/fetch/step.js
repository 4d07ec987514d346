module.exports = async (context, stepResults) => {
  const first = await fetch("https://api.example.com/items?page=2");
  const items = await first.json();
  const second = await fetch("https://api.example.com/items", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Token": "t" },
    body: JSON.stringify({ a: 1 }),
  });
  return {
    data: [first.status, first.statusText, first.ok, first.headers.get("X-Page"), items, second.status, second.ok, await second.text()],
  };
};
