// Event, EventTarget, AbortController, AbortSignal and DOMException.
const codes = { IndexSizeError: 1, NotFoundError: 8, NotSupportedError: 9, InvalidStateError: 11, SyntaxError: 12, InvalidAccessError: 15, TimeoutError: 23, DataCloneError: 25, AbortError: 20, InvalidCharacterError: 5, NetworkError: 19, QuotaExceededError: 22 };

class DOMException extends Error {
  #name;
  constructor(message = '', name = 'Error') {
    super(message);
    const options = typeof name === 'object' && name !== null ? name : { name };
    this.#name = options.name === undefined ? 'Error' : String(options.name);
    if ('cause' in options) this.cause = options.cause;
  }
  get name() { return this.#name; }
  get code() { return codes[this.#name] || 0; }
}

class Event {
  #type; #options; #prevented = false;
  constructor(type, options = {}) {
    this.#type = String(type);
    this.#options = options;
    this.target = null;
    this.currentTarget = null;
    this.timeStamp = host.now();
  }
  get type() { return this.#type; }
  get bubbles() { return Boolean(this.#options.bubbles); }
  get cancelable() { return Boolean(this.#options.cancelable); }
  get defaultPrevented() { return this.#prevented; }
  preventDefault() { if (this.cancelable) this.#prevented = true; }
  stopPropagation() {}
  stopImmediatePropagation() { this.stopped = true; }
}

class CustomEvent extends Event {
  #detail;
  constructor(type, options = {}) { super(type, options); this.#detail = options.detail === undefined ? null : options.detail; }
  get detail() { return this.#detail; }
}

class EventTarget {
  #listeners = new Map();
  addEventListener(type, listener, options = {}) {
    if (typeof options === 'boolean') options = { capture: options };
    if (listener === null || listener === undefined || (options.signal && options.signal.aborted)) return;
    const list = this.#listeners.get(type) || [];
    if (list.some((one) => one.listener === listener)) return;
    this.#listeners.set(type, [...list, { listener, once: Boolean(options.once) }]);
    if (options.signal) options.signal.addEventListener('abort', () => this.removeEventListener(type, listener), { once: true });
  }
  removeEventListener(type, listener) {
    this.#listeners.set(type, (this.#listeners.get(type) || []).filter((one) => one.listener !== listener));
  }
  dispatchEvent(event) {
    event.target = event.currentTarget = this;
    const handler = this[`on${event.type}`];
    if (typeof handler === 'function') handler.call(this, event);
    for (const { listener, once } of this.#listeners.get(event.type) || []) {
      if (event.stopped) break;
      if (once) this.removeEventListener(event.type, listener);
      if (typeof listener === 'function') listener.call(this, event);
      else listener.handleEvent(event);
    }
    return !event.defaultPrevented;
  }
}

const key = Symbol('abort');

class AbortSignal extends EventTarget {
  #aborted = false; #reason;
  constructor(token) {
    super();
    if (token !== key) throw Object.assign(new TypeError('Illegal constructor'), { code: 'ERR_ILLEGAL_CONSTRUCTOR' });
    this.onabort = null;
  }
  get aborted() { return this.#aborted; }
  get reason() { return this.#reason; }
  throwIfAborted() { if (this.#aborted) throw this.#reason; }
  [key](reason) {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason === undefined ? new DOMException('This operation was aborted', 'AbortError') : reason;
    this.dispatchEvent(new Event('abort'));
  }
  static abort(reason) { const signal = new AbortSignal(key); signal[key](reason); return signal; }
  static timeout(delay) {
    const signal = new AbortSignal(key);
    host.setTimer(() => signal[key](new DOMException('The operation was aborted due to timeout', 'TimeoutError')), delay, false);
    return signal;
  }
  static any(signals) {
    const made = new AbortSignal(key);
    for (const signal of signals) {
      if (signal.aborted) { made[key](signal.reason); break; }
      signal.addEventListener('abort', () => made[key](signal.reason), { once: true });
    }
    return made;
  }
}

class AbortController {
  #signal = new AbortSignal(key);
  get signal() { return this.#signal; }
  abort(reason) { this.#signal[key](reason); }
}

for (const Class of [DOMException, Event, EventTarget, AbortSignal, AbortController]) {
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: Class.name, configurable: true });
}
for (const name of Object.keys(codes)) {
  const constant = name.replace(/Error$/, '').replace(/[A-Z]/g, (c, i) => (i > 0 ? '_' : '') + c).toUpperCase() + '_ERR';
  Object.defineProperty(DOMException, constant, { value: codes[name], enumerable: true });
}
Object.assign(exports, { DOMException, Event, CustomEvent, EventTarget, AbortSignal, AbortController });
