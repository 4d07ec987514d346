module.exports = async (context, stepResults) => {
  return {
    data: { kept: true },
    statusCode: 201,
    contentType: "text/csv",
    headers: { "X-Total": "12", "X-Flag": "yes" },
    body: "a,b",
  };
};
