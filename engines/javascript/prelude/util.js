// The util module of Node.
const types = require('types');
const { inspect, format, formatWithOptions } = require('inspect');

const customPromisify = Symbol.for('nodejs.util.promisify.custom');

function promisify(original) {
  if (typeof original !== 'function') throw new TypeError('The "original" argument must be of type function');
  if (original[customPromisify]) return original[customPromisify];
  function promisified(...args) {
    return new Promise((resolve, reject) => {
      Reflect.apply(original, this, [...args, (error, value) => (error ? reject(error) : resolve(value))]);
    });
  }
  Object.setPrototypeOf(promisified, Object.getPrototypeOf(original));
  return Object.defineProperties(promisified, Object.getOwnPropertyDescriptors(original));
}
promisify.custom = customPromisify;

function callbackify(original) {
  return function (...args) {
    const done = args.pop();
    if (typeof done !== 'function') throw new TypeError('The last argument must be of type function');
    Reflect.apply(original, this, args).then(
      (value) => queueMicrotask(() => done(null, value)),
      (reason) => queueMicrotask(() => done(reason || Object.assign(new Error('Promise was rejected with a falsy value'), { reason, code: 'ERR_FALSY_VALUE_REJECTION' }))),
    );
  };
}

function inherits(constructor, above) {
  Object.defineProperty(constructor, 'super_', { value: above, writable: true, configurable: true });
  Object.setPrototypeOf(constructor.prototype, above.prototype);
}

const same = (a, b, strict) => (strict ? Object.is(a, b) : a == b || (a !== a && b !== b));

function sameMembers(a, b, strict, seen) {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.prototype.hasOwnProperty.call(b, key) && equal(a[key], b[key], strict, seen));
}

function hasEqual(set, wanted, strict, seen) {
  if (set.has(wanted)) return true;
  for (const item of set) if (typeof item === 'object' && equal(item, wanted, strict, seen)) return true;
  return false;
}

function sameEntries(a, b, strict, seen) {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) {
    if (b.has(key)) {
      if (!equal(value, b.get(key), strict, seen)) return false;
    } else if (![...b].some(([other, item]) => equal(key, other, strict, seen) && equal(value, item, strict, seen))) return false;
  }
  return true;
}

function equal(a, b, strict, seen) {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return same(a, b, strict);
  if (a === b) return true;
  if (strict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (Array.isArray(a) !== Array.isArray(b) || host.classOf(a) !== host.classOf(b)) return false;
  if (Array.isArray(a) && a.length !== b.length) return false;
  if (types.isDate(a)) { if (a.getTime() !== b.getTime()) return false; }
  else if (types.isRegExp(a)) { if (String(a) !== String(b)) return false; }
  else if (types.isNativeError(a)) { if (a.message !== b.message || a.name !== b.name) return false; }
  else if (types.isBoxedPrimitive(a)) { if (!types.isBoxedPrimitive(b) || !Object.is(a.valueOf(), b.valueOf())) return false; }
  else if (types.isAnyArrayBuffer(a)) return equal(new Uint8Array(a), new Uint8Array(b), strict, seen);
  if (seen.some(([x, y]) => x === a && y === b)) return true;
  seen = [...seen, [a, b]];
  if (types.isSet(a)) return types.isSet(b) && a.size === b.size && [...a].every((item) => hasEqual(b, item, strict, seen));
  if (types.isMap(a)) return types.isMap(b) && sameEntries(a, b, strict, seen);
  return sameMembers(a, b, strict, seen);
}

function deprecate(fn, message) {
  let warned = false;
  return function (...args) {
    if (!warned) {
      warned = true;
      host.log('warn', `DeprecationWarning: ${message}`);
    }
    return Reflect.apply(fn, this, args);
  };
}

Object.assign(exports, {
  types, inspect, format, formatWithOptions, promisify, callbackify, inherits, deprecate,
  isDeepStrictEqual: (a, b) => equal(a, b, true, []),
  deepEqual: (a, b, strict) => equal(a, b, strict, []),
  debuglog: () => () => {},
  stripVTControlCharacters: (text) => text.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, ''),
  toUSVString: (text) => String(text).replace(/[\ud800-\udbff](?![\udc00-\udfff])|(^|[^\ud800-\udbff])[\udc00-\udfff]/g, (_, before = '') => before + '\ufffd'),
  isArray: Array.isArray,
  isBoolean: (v) => typeof v === 'boolean', isNull: (v) => v === null, isNullOrUndefined: (v) => v == null, isNumber: (v) => typeof v === 'number',
  isString: (v) => typeof v === 'string', isSymbol: (v) => typeof v === 'symbol', isUndefined: (v) => v === undefined,
  isObject: (v) => typeof v === 'object' && v !== null, isFunction: (v) => typeof v === 'function',
  isPrimitive: (v) => (typeof v !== 'object' && typeof v !== 'function') || v === null,
  isRegExp: types.isRegExp, isDate: types.isDate, isError: (v) => types.isNativeError(v) || v instanceof Error,
});
for (const name of ['TextEncoder', 'TextDecoder']) {
  Object.defineProperty(exports, name, { enumerable: true, configurable: true, get: () => require('encoding')[name] });
}
