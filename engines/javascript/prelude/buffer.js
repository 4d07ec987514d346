// Buffer, atob and btoa.
const encodings = { utf8: 'utf8', 'utf-8': 'utf8', hex: 'hex', base64: 'base64', base64url: 'base64url', latin1: 'latin1', binary: 'latin1', ascii: 'ascii', ucs2: 'utf16le', 'ucs-2': 'utf16le', utf16le: 'utf16le', 'utf-16le': 'utf16le' };
const kMaxLength = 2 ** 30;

const fail = (Class, code, message) => Object.assign(new Class(message), { code });

function encodingOf(name) {
  if (name === undefined || name === null || name === '') return 'utf8';
  const known = encodings[String(name).toLowerCase()];
  if (known === undefined) throw fail(TypeError, 'ERR_UNKNOWN_ENCODING', `Unknown encoding: ${name}`);
  return known;
}

const adopt = (array) => Object.setPrototypeOf(array, Buffer.prototype);
const view = (buffer, offset, length) => adopt(new Uint8Array(buffer, offset, length));
const isBytes = (value) => ArrayBuffer.isView(value);
const bytesOf = (value) => (value instanceof Uint8Array ? value : new Uint8Array(value.buffer, value.byteOffset, value.byteLength));

function checkSize(size) {
  if (typeof size !== 'number') throw fail(TypeError, 'ERR_INVALID_ARG_TYPE', 'The "size" argument must be of type number');
  if (!(size >= 0 && size <= kMaxLength)) throw fail(RangeError, 'ERR_OUT_OF_RANGE', `The value of "size" is out of range. It must be >= 0 && <= ${kMaxLength}. Received ${size}`);
}

function Buffer(value, encodingOrOffset, length) {
  if (typeof value === 'number') return Buffer.alloc(value);
  return Buffer.from(value, encodingOrOffset, length);
}
Object.setPrototypeOf(Buffer, Uint8Array);
Buffer.prototype = Object.create(Uint8Array.prototype, { constructor: { value: Buffer, writable: true, configurable: true } });

Buffer.from = function from(value, encodingOrOffset, length) {
  if (typeof value === 'string') return view(host.encode(value, encodingOf(encodingOrOffset)));
  if (typeof value === 'object' && value !== null) {
    if (host.classOf(value) === 'ArrayBuffer') return view(value, encodingOrOffset, length);
    if (isBytes(value)) return adopt(Uint8Array.from(value));
    if (value.type === 'Buffer' && Array.isArray(value.data)) return adopt(Uint8Array.from(value.data));
    const primitive = typeof value.valueOf === 'function' ? value.valueOf() : value;
    if (primitive !== value && primitive !== null && (typeof primitive === 'string' || typeof primitive === 'object')) return Buffer.from(primitive, encodingOrOffset, length);
    if (typeof value.length === 'number') {
      checkSize(Math.max(value.length, 0) || 0);
      return adopt(Uint8Array.from(value));
    }
  }
  throw fail(TypeError, 'ERR_INVALID_ARG_TYPE', `The first argument must be of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object. Received ${value === null ? 'null' : `type ${typeof value}`}`);
};
Buffer.alloc = (size, fill, encoding) => {
  checkSize(size);
  const made = adopt(new Uint8Array(size));
  return fill === undefined || fill === 0 || size === 0 ? made : made.fill(fill, encoding);
};
Buffer.allocUnsafe = (size) => Buffer.alloc(size);
Buffer.allocUnsafeSlow = Buffer.allocUnsafe;
Buffer.of = (...items) => adopt(Uint8Array.of(...items));
Buffer.isBuffer = (value) => value instanceof Buffer;
Buffer.isEncoding = (name) => typeof name === 'string' && encodings[name.toLowerCase()] !== undefined;
Buffer.byteLength = (value, encoding) => {
  if (typeof value === 'string') return host.byteLength(value, encodings[String(encoding || 'utf8').toLowerCase()] || 'utf8');
  if (isBytes(value) || host.classOf(value) === 'ArrayBuffer') return value.byteLength;
  throw fail(TypeError, 'ERR_INVALID_ARG_TYPE', 'The "string" argument must be of type string or an instance of Buffer or ArrayBuffer');
};
Buffer.compare = (a, b) => {
  if (!isBytes(a) || !isBytes(b)) throw fail(TypeError, 'ERR_INVALID_ARG_TYPE', 'The arguments must be instances of Buffer or Uint8Array');
  return host.compare(bytesOf(a), bytesOf(b));
};
Buffer.concat = (list, length) => {
  if (!Array.isArray(list)) throw fail(TypeError, 'ERR_INVALID_ARG_TYPE', 'The "list" argument must be an instance of Array');
  if (length === undefined) length = list.reduce((sum, item) => sum + item.length, 0);
  const made = Buffer.alloc(length);
  let at = 0;
  for (const item of list) {
    if (!isBytes(item)) throw fail(TypeError, 'ERR_INVALID_ARG_TYPE', 'The items of "list" must be instances of Buffer or Uint8Array');
    const part = at + item.length > length ? item.subarray(0, length - at) : item;
    Uint8Array.prototype.set.call(made, part, at);
    at += part.length;
    if (at >= length) break;
  }
  return made;
};
Buffer.poolSize = 8192;
Object.defineProperty(Buffer, Symbol.species, { configurable: true, get() { return Species; } });
function Species(...args) { return adopt(new Uint8Array(...args)); }
Species.prototype = Buffer.prototype;

const limits = (buffer, start, end) => {
  start = start === undefined ? 0 : Math.trunc(start) || 0;
  end = end === undefined ? buffer.length : Math.trunc(end) || 0;
  start = Math.min(Math.max(start, 0), buffer.length);
  return [start, Math.min(Math.max(end, start), buffer.length)];
};

const methods = {
  toString(encoding, start, end) {
    [start, end] = limits(this, start, end);
    return host.decode(start === 0 && end === this.length ? this : Uint8Array.prototype.subarray.call(this, start, end), encodingOf(encoding));
  },
  toLocaleString(encoding, start, end) { return this.toString(encoding, start, end); },
  toJSON() { return { type: 'Buffer', data: Array.from(this) }; },
  equals(other) { return host.compare(this, bytesOf(other)) === 0; },
  compare(target, targetStart, targetEnd, sourceStart, sourceEnd) {
    [targetStart, targetEnd] = limits(target, targetStart, targetEnd);
    [sourceStart, sourceEnd] = limits(this, sourceStart, sourceEnd);
    return host.compare(this.subarray(sourceStart, sourceEnd), bytesOf(target).subarray(targetStart, targetEnd));
  },
  subarray(start, end) {
    const part = Uint8Array.prototype.subarray.call(new Uint8Array(this.buffer, this.byteOffset, this.length), start, end);
    return adopt(part);
  },
  slice(start, end) { return this.subarray(start, end); },
  write(text, offset, length, encoding) {
    if (typeof offset === 'string') [encoding, offset, length] = [offset, undefined, undefined];
    else if (typeof length === 'string') [encoding, length] = [length, undefined];
    offset = offset === undefined ? 0 : offset;
    if (offset < 0 || offset > this.length) throw outOfRange('offset', offset);
    const name = encodingOf(encoding);
    let raw = new Uint8Array(host.encode(String(text), name));
    let room = Math.min(length === undefined ? Infinity : length, this.length - offset, raw.length);
    if (name === 'utf8' && room < raw.length) while (room > 0 && (raw[room] & 0xc0) === 0x80) room--;
    if (name === 'utf16le') room &= ~1;
    Uint8Array.prototype.set.call(this, raw.subarray(0, room), offset);
    return room;
  },
  fill(value, offset, end, encoding) {
    if (typeof offset === 'string') [encoding, offset, end] = [offset, undefined, undefined];
    else if (typeof end === 'string') [encoding, end] = [end, undefined];
    [offset, end] = limits(this, offset, end);
    if (typeof value === 'string') value = host.encode(value, encodingOf(encoding));
    if (typeof value !== 'object' || value === null) {
      Uint8Array.prototype.fill.call(this, value, offset, end);
      return this;
    }
    const raw = isBytes(value) ? bytesOf(value) : new Uint8Array(value);
    if (raw.length === 0) {
      Uint8Array.prototype.fill.call(this, 0, offset, end);
      return this;
    }
    let filled = Math.min(raw.length, end - offset);
    Uint8Array.prototype.set.call(this, raw.subarray(0, filled), offset);
    while (filled < end - offset) {
      const more = Math.min(filled, end - offset - filled);
      Uint8Array.prototype.copyWithin.call(this, offset + filled, offset, offset + more);
      filled += more;
    }
    return this;
  },
  copy(target, targetStart = 0, start, end) {
    [start, end] = limits(this, start, end);
    const size = Math.max(Math.min(end - start, target.length - targetStart), 0);
    Uint8Array.prototype.set.call(target, this.subarray(start, start + size), targetStart);
    return size;
  },
  indexOf(value, from, encoding) { return search(this, value, from, encoding, false); },
  lastIndexOf(value, from, encoding) { return search(this, value, from, encoding, true); },
  includes(value, from, encoding) { return this.indexOf(value, from, encoding) !== -1; },
  swap16() { return swap(this, 2); },
  swap32() { return swap(this, 4); },
  swap64() { return swap(this, 8); },
  readUIntBE(offset, length) { return readBytes(this, offset, length, false); },
  readUIntLE(offset, length) { return readBytes(this, offset, length, true); },
  readIntBE(offset, length) { return signed(readBytes(this, offset, length, false), length); },
  readIntLE(offset, length) { return signed(readBytes(this, offset, length, true), length); },
  writeUIntBE(value, offset, length) { return writeBytes(this, value, offset, length, false); },
  writeUIntLE(value, offset, length) { return writeBytes(this, value, offset, length, true); },
  writeIntBE(value, offset, length) { return writeBytes(this, value < 0 ? value + 2 ** (8 * length) : value, offset, length, false); },
  writeIntLE(value, offset, length) { return writeBytes(this, value < 0 ? value + 2 ** (8 * length) : value, offset, length, true); },
};

const outOfRange = (name, value) => fail(RangeError, 'ERR_OUT_OF_RANGE', `The value of "${name}" is out of range. Received ${value}`);

function search(buffer, value, from, encoding, backwards) {
  if (typeof from === 'string') [encoding, from] = [from, undefined];
  if (typeof value === 'number') value = Uint8Array.of(value);
  else if (typeof value === 'string') value = new Uint8Array(host.encode(value, encodingOf(encoding)));
  else if (isBytes(value)) value = bytesOf(value);
  else throw fail(TypeError, 'ERR_INVALID_ARG_TYPE', 'The "value" argument must be of type number or string or an instance of Buffer or Uint8Array');
  from = from === undefined ? (backwards ? buffer.length : 0) : Math.trunc(from) || 0;
  if (from < 0) from += buffer.length;
  if (backwards) return from < 0 ? -1 : host.lastIndexOf(buffer, value, Math.min(from, buffer.length));
  return host.indexOf(buffer, value, Math.max(from, 0));
}

function swap(buffer, size) {
  if (buffer.length % size !== 0) throw fail(RangeError, 'ERR_INVALID_BUFFER_SIZE', `Buffer size must be a multiple of ${8 * size}-bits`);
  for (let i = 0; i < buffer.length; i += size) buffer.subarray(i, i + size).reverse();
  return buffer;
}

function readBytes(buffer, offset = 0, length, little) {
  if (!(offset >= 0 && offset + length <= buffer.length)) throw outOfRange('offset', offset);
  let value = 0;
  for (let i = 0; i < length; i++) value = value * 256 + buffer[little ? offset + length - 1 - i : offset + i];
  return value;
}

const signed = (value, length) => (value >= 2 ** (8 * length - 1) ? value - 2 ** (8 * length) : value);

function writeBytes(buffer, value, offset = 0, length, little) {
  if (!(offset >= 0 && offset + length <= buffer.length)) throw outOfRange('offset', offset);
  if (!(value >= 0 && value < 2 ** (8 * length))) throw outOfRange('value', value);
  for (let i = 0; i < length; i++) {
    buffer[little ? offset + i : offset + length - 1 - i] = value % 256;
    value = Math.floor(value / 256);
  }
  return offset + length;
}

const numbers = [
  ['UInt8', 'Uint8', 1], ['Int8', 'Int8', 1], ['UInt16', 'Uint16', 2], ['Int16', 'Int16', 2], ['UInt32', 'Uint32', 4], ['Int32', 'Int32', 4],
  ['BigUInt64', 'BigUint64', 8], ['BigInt64', 'BigInt64', 8], ['Float', 'Float32', 4], ['Double', 'Float64', 8],
];
const ranges = { Uint8: [0, 255], Int8: [-128, 127], Uint16: [0, 65535], Int16: [-32768, 32767], Uint32: [0, 4294967295], Int32: [-2147483648, 2147483647] };

function addNumber([name, method, size]) {
  const range = ranges[method];
  for (const [suffix, little] of size === 1 ? [['', true]] : [['LE', true], ['BE', false]]) {
    const get = DataView.prototype[`get${method}`], set = DataView.prototype[`set${method}`];
    const at = (buffer, offset) => {
      if (typeof offset !== 'number') throw fail(TypeError, 'ERR_INVALID_ARG_TYPE', 'The "offset" argument must be of type number');
      if (!Number.isInteger(offset) || offset < 0 || offset + size > buffer.length) throw outOfRange('offset', offset);
      return new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    };
    const read = function (offset = 0) { return get.call(at(this, offset), offset, little); };
    const write = function (value, offset = 0) {
      if (range !== undefined && (value < range[0] || value > range[1])) throw outOfRange('value', value);
      set.call(at(this, offset), offset, value, little);
      return offset + size;
    };
    for (const alias of new Set([name, name.replace('UInt', 'Uint')])) {
      methods[`read${alias}${suffix}`] = read;
      methods[`write${alias}${suffix}`] = write;
    }
  }
}
numbers.forEach(addNumber);
for (const name of ['readUInt', 'writeUInt']) for (const end of ['LE', 'BE']) methods[`${name.replace('UInt', 'Uint')}${end}`] = methods[name + end];

for (const name of Object.keys(methods)) Object.defineProperty(Buffer.prototype, name, { value: methods[name], writable: true, configurable: true });
Object.defineProperty(Buffer.prototype, 'parent', { configurable: true, get() { return this.buffer; } });
Object.defineProperty(Buffer.prototype, 'offset', { configurable: true, get() { return this.byteOffset; } });

function atob(text) {
  const clean = String(text).replace(/[\t\n\f\r ]/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(clean) || clean.replace(/=+$/, '').length % 4 === 1) {
    const { DOMException } = require('events-web');
    throw new DOMException('The string to be decoded is not correctly encoded.', 'InvalidCharacterError');
  }
  return host.decode(host.encode(clean, 'base64'), 'latin1');
}

function btoa(text) {
  text = String(text);
  if (/[^\u0000-\u00ff]/.test(text)) {
    const { DOMException } = require('events-web');
    throw new DOMException('Invalid character', 'InvalidCharacterError');
  }
  return host.decode(host.encode(text, 'latin1'), 'base64');
}

Object.assign(exports, {
  Buffer, atob, btoa, kMaxLength, INSPECT_MAX_BYTES: 50, constants: { MAX_LENGTH: kMaxLength, MAX_STRING_LENGTH: 2 ** 29 - 24 },
  SlowBuffer: Buffer, isUtf8: (value) => { try { host.decodeUTF8(bytesOf(value), true); return true; } catch { return false; } },
  isAscii: (value) => bytesOf(value).every((b) => b < 128),
});
// wrap makes a Buffer of an ArrayBuffer; the engine calls it.
Object.defineProperty(exports, 'wrap', { value: (buffer) => view(buffer) });
