module.exports = async () => { data: }; // @entry
