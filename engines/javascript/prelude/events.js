// The events module of Node.
const check = (listener) => {
  if (typeof listener !== 'function') throw Object.assign(new TypeError('The "listener" argument must be of type function'), { code: 'ERR_INVALID_ARG_TYPE' });
};

function EventEmitter() { EventEmitter.init.call(this); }
EventEmitter.init = function () {
  if (this._events === undefined || this._events === Object.getPrototypeOf(this)._events) this._events = Object.create(null);
};
EventEmitter.defaultMaxListeners = 10;
EventEmitter.errorMonitor = Symbol('events.errorMonitor');
EventEmitter.captureRejectionSymbol = Symbol.for('nodejs.rejection');

function add(emitter, name, listener, first, once) {
  check(listener);
  if (emitter._events === undefined) EventEmitter.init.call(emitter);
  if (emitter._events.newListener !== undefined) emitter.emit('newListener', name, listener);
  const entry = { listener, once };
  const list = emitter._events[name] || [];
  emitter._events[name] = first ? [entry, ...list] : [...list, entry];
  return emitter;
}

const methods = {
  on(name, listener) { return add(this, name, listener, false, false); },
  prependListener(name, listener) { return add(this, name, listener, true, false); },
  once(name, listener) { return add(this, name, listener, false, true); },
  prependOnceListener(name, listener) { return add(this, name, listener, true, true); },
  off(name, listener) {
    check(listener);
    const list = (this._events && this._events[name]) || [];
    let at = list.length - 1;
    while (at >= 0 && list[at].listener !== listener) at--;
    if (at >= 0) remove(this, name, list[at]);
    return this;
  },
  emit(name, ...args) {
    const events = this._events || {};
    if (name === 'error') {
      if (events[EventEmitter.errorMonitor] !== undefined) this.emit(EventEmitter.errorMonitor, ...args);
      if (events.error === undefined) throw args[0] instanceof Error ? args[0] : Object.assign(new Error(`Unhandled error. (${String(args[0])})`), { code: 'ERR_UNHANDLED_ERROR', context: args[0] });
    }
    const list = events[name];
    if (list === undefined) return false;
    for (const entry of list) {
      if (entry.once) remove(this, name, entry);
      Reflect.apply(entry.listener, this, args);
    }
    return true;
  },
  removeAllListeners(name) {
    if (name === undefined) this._events = Object.create(null);
    else if (this._events !== undefined) delete this._events[name];
    return this;
  },
  listeners(name) { return ((this._events && this._events[name]) || []).map((entry) => entry.listener); },
  rawListeners(name) { return this.listeners(name); },
  listenerCount(name, listener) { return this.listeners(name).filter((one) => listener === undefined || one === listener).length; },
  eventNames() { return this._events === undefined ? [] : Reflect.ownKeys(this._events); },
  setMaxListeners(count) { this._maxListeners = count; return this; },
  getMaxListeners() { return this._maxListeners === undefined ? EventEmitter.defaultMaxListeners : this._maxListeners; },
};

function remove(emitter, name, entry) {
  const left = (emitter._events[name] || []).filter((one) => one !== entry);
  if (left.length === 0) delete emitter._events[name];
  else emitter._events[name] = left;
  if (emitter._events.removeListener !== undefined) emitter.emit('removeListener', name, entry.listener);
}

methods.addListener = methods.on;
methods.removeListener = methods.off;
for (const name of Object.keys(methods)) EventEmitter.prototype[name] = methods[name];

function once(emitter, name) {
  return new Promise((resolve, reject) => {
    const fail = (error) => { emitter.removeListener(name, done); reject(error); };
    const done = (...args) => { emitter.removeListener('error', fail); resolve(args); };
    emitter.once(name, done);
    if (name !== 'error') emitter.once('error', fail);
  });
}

module.exports = Object.assign(EventEmitter, {
  EventEmitter, once, listenerCount: (emitter, name) => emitter.listenerCount(name),
  getEventListeners: (emitter, name) => emitter.listeners(name), setMaxListeners: (count) => { EventEmitter.defaultMaxListeners = count; },
});
