// URL and URLSearchParams.
const link = Symbol('link');
const custom = Symbol.for('nodejs.util.inspect.custom');

function escapeForm(text) {
  return encodeURIComponent(text.toWellFormed ? text.toWellFormed() : text.replace(/[\ud800-\udbff](?![\udc00-\udfff])/g, '\ufffd').replace(/(^|[^\ud800-\udbff])[\udc00-\udfff]/g, '$1\ufffd'))
    .replace(/[!'()~]|%20/g, (c) => (c === '%20' ? '+' : '%' + c.charCodeAt(0).toString(16).toUpperCase()));
}

function unescapeForm(text) {
  text = text.replace(/\+/g, ' ');
  if (!text.includes('%')) return text;
  try { return decodeURIComponent(text); } catch {
    const raw = [];
    for (const b of new Uint8Array(host.encode(text, 'utf8'))) raw.push(b);
    const out = [];
    for (let i = 0; i < raw.length; i++) {
      const digits = raw[i] === 37 ? String.fromCharCode(raw[i + 1] || 0, raw[i + 2] || 0) : '';
      if (/^[0-9a-fA-F]{2}$/.test(digits)) { out.push(parseInt(digits, 16)); i += 2; } else out.push(raw[i]);
    }
    return host.decode(Uint8Array.from(out), 'utf8');
  }
}

function parseForm(text) {
  const list = [];
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    list.push(at < 0 ? [unescapeForm(pair), ''] : [unescapeForm(pair.slice(0, at)), unescapeForm(pair.slice(at + 1))]);
  }
  return list;
}

class URLSearchParams {
  #list = []; #update = null;
  constructor(init, token, update) {
    if (token === link) this.#update = update;
    if (init === undefined || init === null) return;
    if (typeof init === 'object' || typeof init === 'function') {
      if (typeof init[Symbol.iterator] === 'function') {
        for (const pair of init) {
          const items = pair === null || typeof pair !== 'object' ? [] : [...pair];
          if (items.length !== 2) throw Object.assign(new TypeError('Each query pair must be an iterable [name, value] tuple'), { code: 'ERR_INVALID_TUPLE' });
          this.#list.push([String(items[0]), String(items[1])]);
        }
      } else {
        for (const name of Object.keys(init)) this.#list.push([name, String(init[name])]);
      }
      return;
    }
    this.#list = parseForm(String(init).replace(/^\?/, ''));
  }
  [link](text) { this.#list = parseForm(text); }
  #changed() { if (this.#update !== null) this.#update(this.toString()); }
  get size() { return this.#list.length; }
  append(name, value) { this.#list.push([String(name), String(value)]); this.#changed(); }
  delete(name, value) {
    this.#list = this.#list.filter((pair) => pair[0] !== String(name) || (value !== undefined && pair[1] !== String(value)));
    this.#changed();
  }
  get(name) { const pair = this.#list.find((one) => one[0] === String(name)); return pair === undefined ? null : pair[1]; }
  getAll(name) { return this.#list.filter((pair) => pair[0] === String(name)).map((pair) => pair[1]); }
  has(name, value) { return this.#list.some((pair) => pair[0] === String(name) && (value === undefined || pair[1] === String(value))); }
  set(name, value) {
    name = String(name);
    const at = this.#list.findIndex((pair) => pair[0] === name);
    if (at < 0) this.#list.push([name, String(value)]);
    else {
      this.#list[at] = [name, String(value)];
      this.#list = this.#list.filter((pair, i) => i <= at || pair[0] !== name);
    }
    this.#changed();
  }
  sort() { this.#list.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0)); this.#changed(); }
  forEach(each, that) { for (const [name, value] of this.#list) each.call(that, value, name, this); }
  *entries() { for (let i = 0; i < this.#list.length; i++) yield [...this.#list[i]]; }
  *keys() { for (let i = 0; i < this.#list.length; i++) yield this.#list[i][0]; }
  *values() { for (let i = 0; i < this.#list.length; i++) yield this.#list[i][1]; }
  [Symbol.iterator]() { return this.entries(); }
  toString() { return this.#list.map(([name, value]) => `${escapeForm(name)}=${escapeForm(value)}`).join('&'); }
  [custom](depth, options, inspect) {
    if (this.#list.length === 0) return 'URLSearchParams {}';
    return `URLSearchParams { ${this.#list.map(([name, value]) => `${inspect(name)} => ${inspect(value)}`).join(', ')} }`;
  }
}

const names = ['href', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash', 'origin'];

class URL {
  #parts; #params = null;
  constructor(input, base) {
    input = String(input);
    try {
      this.#parts = host.parseURL(input, base === undefined ? '' : String(base), base !== undefined).split('\n');
    } catch (error) {
      error.input = input;
      if (base !== undefined) error.base = String(base);
      throw error;
    }
  }
  static canParse(input, base) { try { new URL(input, base); return true; } catch { return false; } }
  static parse(input, base) { try { return new URL(input, base); } catch { return null; } }
  #set(part, value) {
    this.#parts = host.setURL(this.#parts[0], part, String(value)).split('\n');
    if (part === 'search' && this.#params !== null) this.#params[link](this.#parts[8].slice(1));
  }
  get href() { return this.#parts[0]; }
  set href(value) {
    this.#parts = host.parseURL(String(value), '', false).split('\n');
    if (this.#params !== null) this.#params[link](this.#parts[8].slice(1));
  }
  get protocol() { return this.#parts[1]; }
  set protocol(value) { this.#set('protocol', value); }
  get username() { return this.#parts[2]; }
  set username(value) { this.#set('username', value); }
  get password() { return this.#parts[3]; }
  set password(value) { this.#set('password', value); }
  get host() { return this.#parts[4]; }
  set host(value) { this.#set('host', value); }
  get hostname() { return this.#parts[5]; }
  set hostname(value) { this.#set('hostname', value); }
  get port() { return this.#parts[6]; }
  set port(value) { this.#set('port', value); }
  get pathname() { return this.#parts[7]; }
  set pathname(value) { this.#set('pathname', value); }
  get search() { return this.#parts[8]; }
  set search(value) { this.#set('search', value); }
  get hash() { return this.#parts[9]; }
  set hash(value) { this.#set('hash', value); }
  get origin() { return this.#parts[10]; }
  get searchParams() {
    if (this.#params === null) {
      this.#params = new URLSearchParams(this.#parts[8].slice(1), link, (text) => {
        this.#parts = host.setURL(this.#parts[0], 'search', text).split('\n');
      });
    }
    return this.#params;
  }
  toString() { return this.href; }
  toJSON() { return this.href; }
  [custom](depth, options, inspect) {
    const shown = {};
    for (const name of ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'searchParams', 'hash']) shown[name] = this[name];
    return `URL ${inspect(shown)}`;
  }
}
for (const name of [...names, 'searchParams', 'toString', 'toJSON']) {
  Object.defineProperty(URL.prototype, name, { ...Object.getOwnPropertyDescriptor(URL.prototype, name), enumerable: true });
}
for (const Class of [URL, URLSearchParams]) Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: Class.name, configurable: true });
Object.assign(exports, { URL, URLSearchParams });
