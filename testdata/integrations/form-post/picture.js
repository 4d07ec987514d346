// Finds the picture in the form and reads the BMP header: the pixels' offset, and the size of the picture.
module.exports = async ({ logger }, { trigger }) => {
  const { title, picture } = trigger.results.body.data;
  if (!picture) {
    throw new Error("the form has no part named picture");
  }
  const file = Buffer.from(picture.data);
  if (file.toString("latin1", 0, 2) !== "BM" || file.readUInt16LE(28) !== 24) {
    throw new TypeError(`${picture.fileName} is no 24-bit BMP`);
  }
  logger.info("picture", picture.fileName, "for", String(title.data));
  return {
    data: { title: String(title.data), file, offset: file.readUInt32LE(10), width: file.readInt32LE(18), height: file.readInt32LE(22) },
  };
};
