module.exports = async (context, { readPicture }) => {
  const { title, file, offset, width, height } = readPicture.results;
  const negative = Buffer.from(file);
  const stride = Math.ceil((width * 3) / 4) * 4; // rows are padded to four bytes
  for (let row = 0; row < Math.abs(height); row++) {
    for (let i = 0; i < width * 3; i++) {
      negative[offset + row * stride + i] ^= 0xff;
    }
  }
  return {
    data: negative,
    contentType: "image/bmp",
    headers: { "X-Picture-Title": encodeURIComponent(title), "X-Picture-Size": `${width}x${height}` },
  };
};
