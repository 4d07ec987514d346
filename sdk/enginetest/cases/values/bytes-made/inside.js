module.exports = async (context, stepResults) => {
  return { data: { text: Buffer.from("text"), empty: Buffer.alloc(0), list: [new Uint8Array([255])] } };
};
