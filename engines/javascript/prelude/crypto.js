// The crypto module of Node, and the crypto global.
const { Buffer } = require('buffer');

const bytesOf = (value, encoding) => {
  if (typeof value === 'string') return new Uint8Array(host.encode(value, encoding && Buffer.isEncoding(encoding) ? encoding.toLowerCase() : 'utf8'));
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (host.classOf(value) === 'ArrayBuffer') return new Uint8Array(value);
  if (value instanceof SecretKey) return bytesOf(value.export());
  throw Object.assign(new TypeError(`The "data" argument must be of type string or an instance of Buffer, TypedArray, or DataView. Received ${value === null ? 'null' : value === undefined ? 'undefined' : `type ${typeof value}`}`), { code: 'ERR_INVALID_ARG_TYPE' });
};
const output = (raw, encoding) => {
  const buffer = Buffer.from(raw);
  return encoding === undefined || encoding === 'buffer' ? buffer : buffer.toString(encoding);
};
const hashes = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha512-256'];
const checkHash = (name) => {
  if (typeof name !== 'string') throw Object.assign(new TypeError('The "algorithm" argument must be of type string'), { code: 'ERR_INVALID_ARG_TYPE' });
  if (!host.isHash(name)) throw Object.assign(new Error(`Digest method not supported: ${name}`), { code: 'ERR_CRYPTO_INVALID_DIGEST' });
};

class Sum {
  #parts = []; #done = false; #finish;
  constructor(finish) { this.#finish = finish; }
  update(data, encoding) {
    if (this.#done) throw Object.assign(new Error('Digest already called'), { code: 'ERR_CRYPTO_HASH_FINALIZED' });
    this.#parts.push(bytesOf(data, encoding).slice());
    return this;
  }
  digest(encoding) {
    if (this.#done) throw Object.assign(new Error('Digest already called'), { code: 'ERR_CRYPTO_HASH_FINALIZED' });
    this.#done = true;
    return output(this.#finish(this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts)), encoding);
  }
  end(data) { if (data !== undefined) this.update(data); this.ended = true; }
  write(data, encoding) { this.update(data, encoding); return true; }
  read() { return this.digest(); }
  static copy(from, made) { made.#parts = [...from.#parts]; return made; }
}
class Hash extends Sum {
  #algorithm;
  constructor(algorithm) { super((all) => host.digest(algorithm, all)); this.#algorithm = algorithm; }
  copy() { return Sum.copy(this, new Hash(this.#algorithm)); }
}
class Hmac extends Sum {
  constructor(algorithm, key) { super((all) => host.hmac(algorithm, key, all)); }
}

class SecretKey {
  #raw;
  constructor(raw) { this.#raw = raw; }
  get type() { return 'secret'; }
  get symmetricKeySize() { return this.#raw.length; }
  export() { return Buffer.from(this.#raw); }
}

function randomBytes(size, callback) {
  const made = Buffer.from(host.randomBytes(size));
  if (callback === undefined) return made;
  queueMicrotask(() => callback(null, made));
}

function randomInt(min, max, callback) {
  if (max === undefined || typeof max === 'function') [min, max, callback] = [0, min, max];
  if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || max <= min || max - min > 2 ** 48) {
    throw Object.assign(new RangeError(`The value of "max" is out of range. Received ${max}`), { code: 'ERR_OUT_OF_RANGE' });
  }
  const range = max - min, limit = 2 ** 48 - (2 ** 48 % range);
  let number;
  do number = randomBytes(6).readUIntBE(0, 6); while (number >= limit);
  const found = min + (number % range);
  if (callback === undefined) return found;
  queueMicrotask(() => callback(null, found));
}

function timingSafeEqual(a, b) {
  a = bytesOf(a);
  b = bytesOf(b);
  if (a.length !== b.length) throw Object.assign(new RangeError('Input buffers must have the same byte length'), { code: 'ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH' });
  return host.sameBytes(a, b);
}

function pbkdf2Sync(password, salt, iterations, length, digest) {
  checkHash(digest);
  return Buffer.from(host.pbkdf2(bytesOf(password), bytesOf(salt), iterations, length, digest));
}

function getRandomValues(array) {
  if (!ArrayBuffer.isView(array) || array instanceof Float32Array || array instanceof Float64Array) throw new TypeError('The data argument must be an integer-type TypedArray');
  if (array.byteLength > 65536) {
    const { DOMException } = require('events-web');
    throw new DOMException(`The requested length exceeds 65,536 bytes`, 'QuotaExceededError');
  }
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(new Uint8Array(host.randomBytes(array.byteLength)));
  return array;
}

const subtle = {
  async digest(algorithm, data) {
    const name = String(typeof algorithm === 'object' ? algorithm.name : algorithm).toLowerCase().replace('-', '');
    checkHash(name);
    return host.digest(name, bytesOf(data));
  },
};
const webcrypto = { getRandomValues, randomUUID: () => host.randomUUID(), subtle };

Object.assign(exports, {
  createHash: (algorithm) => { checkHash(algorithm); return new Hash(algorithm); },
  createHmac: (algorithm, key, options) => { checkHash(algorithm); return new Hmac(algorithm, bytesOf(key, options && options.encoding).slice()); },
  hash: (algorithm, data, encoding = 'hex') => { checkHash(algorithm); return output(host.digest(algorithm, bytesOf(data)), encoding); },
  createSecretKey: (key, encoding) => new SecretKey(bytesOf(key, encoding).slice()),
  getHashes: () => [...hashes], getCiphers: () => [],
  randomBytes, randomInt, pseudoRandomBytes: randomBytes, timingSafeEqual, pbkdf2Sync, getRandomValues, webcrypto, subtle,
  randomUUID: () => host.randomUUID(),
  randomFillSync: (array, offset = 0, size = array.byteLength - offset) => {
    new Uint8Array(array.buffer, array.byteOffset + offset, size).set(new Uint8Array(host.randomBytes(size)));
    return array;
  },
  pbkdf2: (password, salt, iterations, length, digest, callback) => {
    const key = pbkdf2Sync(password, salt, iterations, length, digest);
    queueMicrotask(() => callback(null, key));
  },
  Hash, Hmac,
});
// The global has the web's part only.
Object.defineProperty(exports, 'crypto', { value: webcrypto });
