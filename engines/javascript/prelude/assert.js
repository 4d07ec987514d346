// The assert module of Node.
const { inspect, deepEqual } = require('util');

class AssertionError extends Error {
  constructor({ message, actual, expected, operator }) {
    super(message);
    Object.assign(this, { generatedMessage: false, code: 'ERR_ASSERTION', actual, expected, operator });
    Object.defineProperty(this, 'name', { value: 'AssertionError', writable: true, configurable: true });
  }
}

function fail(message, standard, actual, expected, operator) {
  if (message instanceof Error) throw message;
  throw new AssertionError({ message: message === undefined ? standard : message, actual, expected, operator });
}
const pair = (a, b, words) => `${words}\n\n${inspect(a)} !== ${inspect(b)}\n`;

function assert(value, message) { if (!value) fail(message, 'The expression evaluated to a falsy value', value, true, '=='); }

function matches(error, expected) {
  if (expected === undefined) return true;
  if (Object.prototype.toString.call(expected) === '[object RegExp]') return expected.test(String(error));
  if (typeof expected === 'function') {
    if (expected.prototype !== undefined && error instanceof expected) return true;
    if (Error.isPrototypeOf(expected)) return false;
    return expected.call({}, error) === true;
  }
  return Object.keys(expected).every((key) => (expected[key] instanceof RegExp ? expected[key].test(error[key]) : deepEqual(error[key], expected[key], true)));
}

const checks = {
  ok: assert,
  fail: (message) => fail(message, 'Failed', undefined, undefined, 'fail'),
  equal: (a, b, message) => { if (!(a == b || (a !== a && b !== b))) fail(message, `${inspect(a)} == ${inspect(b)}`, a, b, '=='); },
  notEqual: (a, b, message) => { if (a == b) fail(message, `${inspect(a)} != ${inspect(b)}`, a, b, '!='); },
  strictEqual: (a, b, message) => { if (!Object.is(a, b)) fail(message, pair(a, b, 'Expected values to be strictly equal:'), a, b, 'strictEqual'); },
  notStrictEqual: (a, b, message) => { if (Object.is(a, b)) fail(message, 'Expected "actual" to be strictly unequal to: ' + inspect(b), a, b, 'notStrictEqual'); },
  deepEqual: (a, b, message) => { if (!deepEqual(a, b, false)) fail(message, pair(a, b, 'Expected values to be loosely deep-equal:'), a, b, 'deepEqual'); },
  notDeepEqual: (a, b, message) => { if (deepEqual(a, b, false)) fail(message, 'Expected "actual" not to be loosely deep-equal to: ' + inspect(b), a, b, 'notDeepEqual'); },
  deepStrictEqual: (a, b, message) => { if (!deepEqual(a, b, true)) fail(message, pair(a, b, 'Expected values to be strictly deep-equal:'), a, b, 'deepStrictEqual'); },
  notDeepStrictEqual: (a, b, message) => { if (deepEqual(a, b, true)) fail(message, 'Expected "actual" not to be strictly deep-equal to: ' + inspect(b), a, b, 'notDeepStrictEqual'); },
  match: (text, pattern, message) => { if (!pattern.test(text)) fail(message, `The input did not match the regular expression ${pattern}. Input:\n\n${inspect(text)}\n`, text, pattern, 'match'); },
  doesNotMatch: (text, pattern, message) => { if (pattern.test(text)) fail(message, `The input was expected to not match the regular expression ${pattern}. Input:\n\n${inspect(text)}\n`, text, pattern, 'doesNotMatch'); },
  ifError: (value) => { if (value !== null && value !== undefined) throw value; },
  throws(run, expected, message) {
    let thrown, did = false;
    try { run(); } catch (error) { thrown = error; did = true; }
    if (!did) fail(typeof expected === 'string' ? expected : message, 'Missing expected exception.', undefined, expected, 'throws');
    if (typeof expected !== 'string' && !matches(thrown, expected)) throw thrown;
  },
  doesNotThrow(run) { run(); },
  async rejects(run, expected, message) {
    let thrown, did = false;
    try { await (typeof run === 'function' ? run() : run); } catch (error) { thrown = error; did = true; }
    if (!did) fail(typeof expected === 'string' ? expected : message, 'Missing expected rejection.', undefined, expected, 'rejects');
    if (typeof expected !== 'string' && !matches(thrown, expected)) throw thrown;
  },
  async doesNotReject(run) { await (typeof run === 'function' ? run() : run); },
};
const strict = Object.assign((value, message) => assert(value, message), checks, { equal: checks.strictEqual, notEqual: checks.notStrictEqual, deepEqual: checks.deepStrictEqual, notDeepEqual: checks.notDeepStrictEqual, AssertionError });
strict.strict = strict;
module.exports = Object.assign(assert, checks, { AssertionError, strict });
