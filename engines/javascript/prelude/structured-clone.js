// structuredClone.
const types = require('types');

const refuse = (value) => {
  const { DOMException } = require('events-web');
  const shown = typeof value === 'symbol' ? value.toString() : typeof value === 'function' ? Function.prototype.toString.call(value).slice(0, 80) : '#<Object>';
  throw new DOMException(`${shown} could not be cloned.`, 'DataCloneError');
};

function clone(value, seen) {
  if (typeof value === 'function' || typeof value === 'symbol') refuse(value);
  if (typeof value !== 'object' || value === null) return value;
  if (seen.has(value)) return seen.get(value);
  const keep = (made) => { seen.set(value, made); return made; };
  if (Array.isArray(value)) {
    const made = keep(new Array(value.length));
    for (const key of Object.keys(value)) made[key] = clone(value[key], seen);
    return made;
  }
  if (types.isDate(value)) return keep(new Date(value.getTime()));
  if (types.isRegExp(value)) return keep(new RegExp(value.source, value.flags));
  if (types.isBoxedPrimitive(value)) return keep(Object(value.valueOf()));
  if (types.isAnyArrayBuffer(value)) return keep(value.slice(0));
  if (types.isDataView(value)) return keep(new DataView(clone(value.buffer, seen), value.byteOffset, value.byteLength));
  if (types.isTypedArray(value)) {
    const Class = globalThis[Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array).prototype, Symbol.toStringTag).get.call(value)];
    return keep(new Class(clone(value.buffer, seen), value.byteOffset, value.length));
  }
  if (types.isMap(value)) {
    const made = keep(new Map());
    for (const [key, item] of [...value]) made.set(clone(key, seen), clone(item, seen));
    return made;
  }
  if (types.isSet(value)) {
    const made = keep(new Set());
    for (const item of [...value]) made.add(clone(item, seen));
    return made;
  }
  if (types.isNativeError(value)) {
    const Class = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError }[value.name] || Error;
    const made = keep(new Class(value.message));
    Object.defineProperty(made, 'stack', { value: value.stack, writable: true, configurable: true });
    if ('cause' in value) made.cause = clone(value.cause, seen);
    return made;
  }
  if (types.isProxy(value) || types.isPromise(value) || types.isWeakMap(value) || types.isWeakSet(value)) refuse(value);
  const made = keep({});
  for (const key of Object.keys(value)) made[key] = clone(value[key], seen);
  return made;
}

exports.structuredClone = function structuredClone(value) {
  if (arguments.length === 0) throw new TypeError("The \"value\" argument must be specified");
  return clone(value, new Map());
};
