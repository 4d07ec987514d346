// process and performance; nothing of the host's environment.
const listeners = () => process;
const process = {
  env: {}, argv: ['node'], argv0: 'node', execArgv: [], pid: 1, ppid: 0, platform: 'linux', arch: 'x64', title: 'node', exitCode: undefined,
  version: 'v22.0.0', versions: { node: '22.0.0' }, release: { name: 'node' }, config: {}, features: {},
  cwd: () => '/', uptime: () => host.now() / 1000,
  nextTick: (callback, ...args) => { Promise.resolve().then(() => callback(...args)); },
  hrtime: Object.assign((since) => {
    const now = host.now();
    let seconds = Math.floor(now / 1000), nanos = Math.round((now % 1000) * 1e6);
    if (since) {
      seconds -= since[0];
      nanos -= since[1];
      if (nanos < 0) { seconds--; nanos += 1e9; }
    }
    return [seconds, nanos];
  }, { bigint: () => BigInt(Math.round(host.now() * 1e6)) }),
  memoryUsage: Object.assign(() => ({ rss: host.memoryUsage(), heapTotal: host.memoryUsage(), heapUsed: host.memoryUsage(), external: 0, arrayBuffers: 0 }), { rss: () => host.memoryUsage() }),
  exit: () => { throw new Error('process.exit() is not available: return from the step, or throw an error'); },
  abort: () => { throw new Error('process.abort() is not available: throw an error'); },
  emitWarning: (warning) => host.log('warn', String(warning)),
  on: listeners, once: listeners, off: listeners, addListener: listeners, removeListener: listeners, removeAllListeners: listeners,
  stdout: { write: (text) => { host.log('log', String(text).replace(/\n$/, '')); return true; }, isTTY: false, columns: 80 },
  stderr: { write: (text) => { host.log('error', String(text).replace(/\n$/, '')); return true; }, isTTY: false, columns: 80 },
};
Object.defineProperty(process, Symbol.toStringTag, { value: 'process', configurable: true });

const performance = {
  now: () => host.now(),
  get timeOrigin() { return Date.now() - host.now(); },
  mark: () => undefined, measure: () => undefined, clearMarks: () => undefined, clearMeasures: () => undefined, getEntries: () => [],
  toJSON() { return { timeOrigin: this.timeOrigin }; },
};

// The module is the process object itself; performance stands beside it for the global.
module.exports = Object.defineProperty(process, 'performance', { value: performance, enumerable: false });
Object.defineProperty(process, 'process', { value: process, enumerable: false });
