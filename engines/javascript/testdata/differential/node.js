// Runs the files that are named on the command line and prints one JSON text per line.
const main = async () => {
  for (const file of process.argv.slice(2)) {
    const { data } = await require(file)({}, {});
    process.stdout.write(JSON.stringify(data) + '\n');
  }
};
main();
