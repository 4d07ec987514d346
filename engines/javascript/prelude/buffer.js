exports.wrap = (buffer) => new Uint8Array(buffer);
