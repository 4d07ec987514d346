// Timers and microtasks.
class Timeout {
  #id;
  constructor(id) { this.#id = id; }
  ref() { return this; }
  unref() { return this; }
  hasRef() { return true; }
  close() { host.clearTimer(this.#id); return this; }
  [Symbol.toPrimitive]() { return this.#id; }
}

function check(callback) {
  if (typeof callback !== 'function') {
    throw Object.assign(new TypeError('The "callback" argument must be of type function'), { code: 'ERR_INVALID_ARG_TYPE' });
  }
}

const bound = (callback, args) => (args.length === 0 ? callback : () => callback(...args));

function setTimeout(callback, delay, ...args) {
  check(callback);
  return new Timeout(host.setTimer(bound(callback, args), delay, false));
}

function setInterval(callback, delay, ...args) {
  check(callback);
  return new Timeout(host.setTimer(bound(callback, args), delay, true));
}

function setImmediate(callback, ...args) {
  check(callback);
  return new Timeout(host.setTimer(bound(callback, args), -1, false));
}

function clear(timer) {
  if (timer instanceof Timeout) timer.close();
  else if (timer !== undefined && timer !== null) host.clearTimer(Number(timer));
}

function queueMicrotask(callback) {
  check(callback);
  Promise.resolve().then(() => callback());
}

Object.assign(exports, { setTimeout, setInterval, setImmediate, clearTimeout: clear, clearInterval: clear, clearImmediate: clear, queueMicrotask });
exports.setTimeout[Symbol.for('nodejs.util.promisify.custom')] = (delay, value) => new Promise((resolve) => setTimeout(resolve, delay, value));
