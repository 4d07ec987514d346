// Brand checks of values.
const toString = Object.prototype.toString;
const tag = (name) => (value) => typeof value === 'object' && value !== null && host.classOf(value) === name;
const TypedArray = Object.getPrototypeOf(Uint8Array);
const kindOf = Object.getOwnPropertyDescriptor(TypedArray.prototype, Symbol.toStringTag).get;
const typed = (name) => (value) => ArrayBuffer.isView(value) && kindOf.call(value) === name;
const probe = (get, ...args) => (value) => {
  if (typeof value !== 'object' || value === null) return false;
  try { get.call(value, ...args); return true; } catch { return false; }
};

exports.isProxy = (value) => host.classOf(value) === 'Proxy';
exports.isDate = tag('Date');
exports.isRegExp = tag('RegExp');
exports.isNativeError = tag('Error');
exports.isMap = probe(Object.getOwnPropertyDescriptor(Map.prototype, 'size').get);
exports.isSet = probe(Object.getOwnPropertyDescriptor(Set.prototype, 'size').get);
exports.isWeakMap = probe(WeakMap.prototype.has, {});
exports.isWeakSet = probe(WeakSet.prototype.has, {});
exports.isPromise = (value) => host.classOf(value) === 'Promise';
exports.isTypedArray = (value) => ArrayBuffer.isView(value) && kindOf.call(value) !== undefined;
exports.isArrayBufferView = (value) => ArrayBuffer.isView(value);
exports.isArrayBuffer = (value) => host.classOf(value) === 'ArrayBuffer';
exports.isAnyArrayBuffer = exports.isArrayBuffer;
exports.isSharedArrayBuffer = () => false;
exports.isDataView = (value) => ArrayBuffer.isView(value) && kindOf.call(value) === undefined;
for (const name of ['Uint8Array', 'Uint8ClampedArray', 'Uint16Array', 'Uint32Array', 'Int8Array', 'Int16Array', 'Int32Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array']) {
  exports[`is${name}`] = typed(name);
}
exports.isNumberObject = tag('Number');
exports.isStringObject = tag('String');
exports.isBooleanObject = tag('Boolean');
exports.isSymbolObject = (value) => typeof value === 'object' && value !== null && toString.call(value) === '[object Symbol]' && typeof value.valueOf() === 'symbol';
exports.isBigIntObject = (value) => typeof value === 'object' && value !== null && toString.call(value) === '[object BigInt]' && typeof value.valueOf() === 'bigint';
exports.isBoxedPrimitive = (value) => exports.isNumberObject(value) || exports.isStringObject(value) || exports.isBooleanObject(value) || exports.isSymbolObject(value) || exports.isBigIntObject(value);
exports.isAsyncFunction = (value) => typeof value === 'function' && /^async\b/.test(Function.prototype.toString.call(value));
exports.isGeneratorFunction = (value) => typeof value === 'function' && /^(async\s+)?function\s*\*/.test(Function.prototype.toString.call(value));
exports.isGeneratorObject = (value) => typeof value === 'object' && value !== null && toString.call(value) === '[object Generator]';
exports.isArgumentsObject = (value) => toString.call(value) === '[object Arguments]';
exports.isMapIterator = (value) => toString.call(value) === '[object Map Iterator]';
exports.isSetIterator = (value) => toString.call(value) === '[object Set Iterator]';
