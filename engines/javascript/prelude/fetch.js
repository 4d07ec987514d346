// fetch, Headers, Request and Response. The host does the exchange.
const { DOMException, AbortSignal } = require('events-web');
const { URLSearchParams } = require('web-url');
const custom = Symbol.for('nodejs.util.inspect.custom');
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const nullStatus = [101, 103, 204, 205, 304];

function checkName(name) {
  name = String(name);
  if (!token.test(name)) throw new TypeError(`Headers: "${name}" is an invalid header name.`);
  return name.toLowerCase();
}

function checkValue(value) {
  value = String(value).replace(/^[\t\r\n ]+|[\t\r\n ]+$/g, '');
  if (/[\0\r\n]|[^\u0000-\u00ff]/.test(value)) throw new TypeError(`Headers: "${value}" is an invalid header value.`);
  return value;
}

class Headers {
  #list = [];
  constructor(init) {
    if (init === undefined || init === null) return;
    if (typeof init !== 'object') throw new TypeError("Headers constructor: the argument is neither an object nor a list of pairs.");
    if (typeof init[Symbol.iterator] === 'function') {
      for (const pair of init) {
        const items = [...pair];
        if (items.length !== 2) throw new TypeError('Headers constructor: each header pair must be a name and a value.');
        this.append(items[0], items[1]);
      }
      return;
    }
    for (const name of Object.keys(init)) this.append(name, init[name]);
  }
  append(name, value) { this.#list.push([checkName(name), checkValue(value)]); }
  delete(name) { name = checkName(name); this.#list = this.#list.filter((one) => one[0] !== name); }
  get(name) {
    name = checkName(name);
    const found = this.#list.filter((one) => one[0] === name);
    return found.length === 0 ? null : found.map((one) => one[1]).join(name === 'cookie' ? '; ' : ', ');
  }
  getSetCookie() { return this.#list.filter((one) => one[0] === 'set-cookie').map((one) => one[1]); }
  has(name) { name = checkName(name); return this.#list.some((one) => one[0] === name); }
  set(name, value) {
    name = checkName(name);
    value = checkValue(value);
    const at = this.#list.findIndex((one) => one[0] === name);
    if (at < 0) this.#list.push([name, value]);
    else {
      this.#list[at] = [name, value];
      this.#list = this.#list.filter((one, i) => i <= at || one[0] !== name);
    }
  }
  forEach(each, that) { for (const [name, value] of this) each.call(that, value, name, this); }
  *entries() {
    for (const name of [...new Set(this.#list.map((one) => one[0]))].sort()) {
      if (name === 'set-cookie') for (const value of this.getSetCookie()) yield [name, value];
      else yield [name, this.get(name)];
    }
  }
  *keys() { for (const [name] of this.entries()) yield name; }
  *values() { for (const [, value] of this.entries()) yield value; }
  [Symbol.iterator]() { return this.entries(); }
  [custom](depth, options, inspect) { return `Headers ${inspect(Object.fromEntries(this), options)}`; }
  // flat gives names and values in turn, for the host.
  static flat(headers) { return headers.#list.flat(); }
}
const flat = Headers.flat;
delete Headers.flat;

// extract turns a body into bytes and the content type that it brings.
function extract(body) {
  if (body === undefined || body === null) return [null, null];
  if (typeof body === 'object') {
    if (body instanceof URLSearchParams) return [new Uint8Array(host.encode(body.toString(), 'utf8')), 'application/x-www-form-urlencoded;charset=UTF-8'];
    if (ArrayBuffer.isView(body)) return [new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice(), null];
    if (host.classOf(body) === 'ArrayBuffer') return [new Uint8Array(body).slice(), null];
    if (typeof body.getReader === 'function' || typeof body.pipe === 'function') throw new TypeError('Streams are not supported as a body: read it into a string or a Buffer first');
  }
  return [new Uint8Array(host.encode(String(body), 'utf8')), 'text/plain;charset=UTF-8'];
}

class Body {
  #bytes; #used = false;
  constructor(bytes) { this.#bytes = bytes; }
  get bodyUsed() { return this.#used; }
  #take() {
    if (this.#used) throw new TypeError('Body is unusable: Body has already been read');
    if (this.#bytes !== null) this.#used = true;
    return this.#bytes === null ? new Uint8Array(0) : this.#bytes;
  }
  async bytes() { return this.#take().slice(); }
  async arrayBuffer() { return this.#take().slice().buffer; }
  async text() { const text = host.decodeUTF8(this.#take(), false); return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text; }
  async json() { return JSON.parse(await this.text()); }
  async blob() { throw new TypeError('Blob is not supported: use arrayBuffer() or bytes()'); }
  async formData() {
    const type = this.headers.get('content-type') || '';
    if (!type.startsWith('application/x-www-form-urlencoded')) throw new TypeError('formData() reads application/x-www-form-urlencoded only: use text() or bytes()');
    return new URLSearchParams(await this.text());
  }
  // peek gives the bytes without using them up, for clone and fetch.
  static peek(body) {
    if (body.#used) throw new TypeError('Body is unusable: Body has already been read');
    return body.#bytes;
  }
}
const peek = Body.peek;
delete Body.peek;

const standardMethods = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'];

// connectionName checks the connection of a request: undefined keeps the one of the request that it is made from, null is none.
function connectionName(given, kept) {
  if (given === undefined) return kept;
  if (given === null) return null;
  if (typeof given === 'string' && given !== '') return given;
  const known = typeof given === 'object' && typeof given.configVarKey === 'string' ? given.configVarKey : 'Shop API';
  const shown = given === '' ? 'an empty string' : typeof given === 'object' ? 'an object' : `a ${typeof given}`;
  throw new TypeError(`connection is ${shown}; give the name of a connection, as in { connection: ${JSON.stringify(known)} }`);
}

class Request extends Body {
  #url; #method; #headers; #redirect; #signal; #connection;
  constructor(input, init = {}) {
    const from = input instanceof Request ? input : null;
    let bytes = from === null ? null : peek(from), type = null;
    if (init.body !== undefined && init.body !== null) [bytes, type] = extract(init.body);
    super(bytes);
    let url;
    if (from === null) {
      const { URL } = require('web-url');
      try { url = new URL(String(input)); } catch (cause) { throw Object.assign(new TypeError(`Failed to parse URL from ${input}`), { cause }); }
      if (url.username || url.password) throw new TypeError('Request cannot be constructed from a URL that includes credentials: ' + input);
    }
    this.#url = from === null ? url.href : from.url;
    let method = init.method === undefined ? (from === null ? 'GET' : from.method) : String(init.method);
    if (!token.test(method) || /^(connect|trace|track)$/i.test(method)) throw new TypeError(`'${method}' is not a valid HTTP method.`);
    if (standardMethods.includes(method.toUpperCase())) method = method.toUpperCase();
    this.#method = method;
    if ((method === 'GET' || method === 'HEAD') && bytes !== null) throw new TypeError('Request with GET/HEAD method cannot have body.');
    this.#headers = new Headers(init.headers === undefined ? (from === null ? undefined : from.headers) : init.headers);
    if (type !== null && !this.#headers.has('content-type')) this.#headers.set('content-type', type);
    this.#redirect = init.redirect === undefined ? (from === null ? 'follow' : from.redirect) : String(init.redirect);
    if (!['follow', 'error', 'manual'].includes(this.#redirect)) throw new TypeError(`'${this.#redirect}' is not a valid redirect mode.`);
    this.#signal = init.signal === undefined || init.signal === null ? (from === null ? null : from.signal) : init.signal;
    if (this.#signal !== null && !(this.#signal instanceof AbortSignal)) throw new TypeError('RequestInit: the signal is not an AbortSignal.');
    this.#connection = connectionName(init.connection, from === null ? null : from.connection);
  }
  get url() { return this.#url; }
  get method() { return this.#method; }
  get headers() { return this.#headers; }
  get redirect() { return this.#redirect; }
  get signal() { return this.#signal; }
  get connection() { return this.#connection; }
  get body() { return null; }
  clone() { return new Request(this); }
  [custom](depth, options, inspect) { return `Request ${inspect({ method: this.method, url: this.url, headers: this.headers }, options)}`; }
}

class Response extends Body {
  #status; #statusText; #headers; #url = ''; #redirected = false; #type = 'default';
  constructor(body, init = {}) {
    const [bytes, type] = extract(body);
    super(bytes);
    this.#status = init.status === undefined ? 200 : Number(init.status);
    if (!(Number.isInteger(this.#status) && this.#status >= 200 && this.#status <= 599) && !init.received) throw new RangeError('init["status"] must be in the range of 200 to 599, inclusive.');
    if (bytes !== null && nullStatus.includes(this.#status) && !init.received) throw new TypeError(`Response constructor: Invalid response status code ${this.#status}`);
    this.#statusText = init.statusText === undefined ? '' : String(init.statusText);
    this.#headers = new Headers(init.headers);
    if (type !== null && !this.#headers.has('content-type')) this.#headers.set('content-type', type);
    if (init.received) {
      this.#url = init.received.url;
      this.#redirected = init.received.redirected;
      this.#type = 'basic';
    }
  }
  get status() { return this.#status; }
  get statusText() { return this.#statusText; }
  get ok() { return this.#status >= 200 && this.#status <= 299; }
  get headers() { return this.#headers; }
  get url() { return this.#url; }
  get redirected() { return this.#redirected; }
  get type() { return this.#type; }
  get body() { return null; }
  clone() {
    const bytes = peek(this);
    const received = this.#type === 'basic' ? { url: this.#url, redirected: this.#redirected } : undefined;
    return new Response(bytes === null ? null : bytes, { status: this.#status, statusText: this.#statusText, headers: this.#headers, received });
  }
  static json(data, init = {}) {
    const headers = new Headers(init.headers);
    if (!headers.has('content-type')) headers.set('content-type', 'application/json');
    return new Response(JSON.stringify(data), { ...init, headers });
  }
  static error() { return new Response(null, { status: 200 }); }
  static redirect(url, status = 302) { return new Response(null, { status, headers: { location: String(url) } }); }
  [custom](depth, options, inspect) { return `Response ${inspect({ status: this.status, statusText: this.statusText, headers: this.headers, ok: this.ok, url: this.url }, options)}`; }
}

function pairs(list) {
  const out = [];
  for (let i = 0; i < list.length; i += 2) out.push([list[i], list[i + 1]]);
  return out;
}

function fetch(input, init) {
  return new Promise((resolve, reject) => {
    const request = new Request(input, init);
    const { signal } = request;
    if (signal !== null && signal.aborted) return reject(signal.reason);
    const failed = new TypeError('fetch failed'); // made here, where its stack leads to the code that asks
    const cancel = host.fetch(request.method, request.url, flat(request.headers), peek(request), request.redirect, request.connection, (error, status, statusText, headers, body, url, redirected) => {
      if (error) {
        failed.cause = error;
        return reject(failed);
      }
      resolve(new Response(nullStatus.includes(status) ? null : body, { status, statusText, headers: pairs(headers), received: { url, redirected } }));
    });
    if (signal !== null) signal.addEventListener('abort', () => { cancel(); reject(signal.reason); }, { once: true });
  });
}

for (const Class of [Headers, Request, Response]) Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: Class.name, configurable: true });
Object.assign(exports, { fetch, Headers, Request, Response });
