// Built-ins that the interpreter does not have yet.
const define = (holder, name, value) => {
  if (!(name in holder)) Object.defineProperty(holder, name, { value, writable: true, configurable: true });
};

define(Object, 'groupBy', function groupBy(items, keyOf) {
  const groups = Object.create(null);
  let i = 0;
  for (const item of items) {
    const key = keyOf(item, i++);
    if (key in groups) groups[key].push(item);
    else groups[key] = [item];
  }
  return groups;
});
define(Map, 'groupBy', function groupBy(items, keyOf) {
  const groups = new Map();
  let i = 0;
  for (const item of items) {
    const key = keyOf(item, i++);
    if (groups.has(key)) groups.get(key).push(item);
    else groups.set(key, [item]);
  }
  return groups;
});
define(Promise, 'withResolvers', function withResolvers() {
  const out = {};
  out.promise = new this((resolve, reject) => Object.assign(out, { resolve, reject }));
  return out;
});
define(Symbol, 'asyncIterator', Symbol.for('Symbol.asyncIterator'));
define(Array, 'fromAsync', async function fromAsync(items, map) {
  const out = [];
  for (const item of items) out.push(map === undefined ? await item : await map(await item, out.length));
  return out;
});
define(Error, 'captureStackTrace', function captureStackTrace(target) {
  Object.defineProperty(target, 'stack', { value: new Error(target.message).stack, writable: true, configurable: true });
});
define(Error, 'isError', (value) => host.classOf(value) === 'Error');
const lone = /[\ud800-\udbff](?![\udc00-\udfff])|(^|[^\ud800-\udbff])[\udc00-\udfff]/;
define(String.prototype, 'isWellFormed', function isWellFormed() { return !lone.test(String(this)); });
define(String.prototype, 'toWellFormed', function toWellFormed() {
  let out = '';
  for (const c of String(this)) out += c.length === 1 && c >= '\ud800' && c <= '\udfff' ? '\ufffd' : c;
  return out;
});
define(globalThis, 'WeakRef', class WeakRef { #target; constructor(target) { this.#target = target; } deref() { return this.#target; } });
define(globalThis, 'FinalizationRegistry', class FinalizationRegistry { register() {} unregister() { return false; } });
