module.exports = async (context, payload) => {
  const { title, file } = payload.body.data;
  return { payload: { title: title.data, name: file.fileName, size: file.data.length, file: file.data } };
};
