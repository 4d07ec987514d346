module.exports = async (context, stepResults) => {
  console.log("1|1|unix|/tmp/elsewhere.sock|grpc");
  console.error('{"@message":42}');
  console.log("x".repeat(200000));
  return { data: "fine" };
};
