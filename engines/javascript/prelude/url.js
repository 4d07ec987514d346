// The url module of Node: the WHATWG classes and the legacy functions.
const { URL, URLSearchParams } = require('web-url');
const querystring = require('querystring');
const slashed = ['http:', 'https:', 'ftp:', 'gopher:', 'file:', 'ws:', 'wss:'];

class Url {
  constructor() {
    for (const name of ['protocol', 'slashes', 'auth', 'host', 'port', 'hostname', 'hash', 'search', 'query', 'pathname', 'path', 'href']) this[name] = null;
  }
  format() { return format(this); }
  resolve(to) { return resolve(this.format(), to); }
}

const escapeLegacy = (text) => text.replace(/[\t\n\r "'<>\\^`{|}]/g, (c) => (c === '\\' ? '\\' : '%' + c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')));

function parse(text, parseQuery = false, slashesDenoteHost = false) {
  if (text instanceof Url) return text;
  if (typeof text !== 'string') throw Object.assign(new TypeError('The "url" argument must be of type string'), { code: 'ERR_INVALID_ARG_TYPE' });
  const out = new Url();
  let rest = text.trim();
  const query = rest.search(/[?#]/);
  rest = (query < 0 ? rest : rest.slice(0, query)).replace(/\\/g, '/') + (query < 0 ? '' : rest.slice(query));
  const protocol = /^[a-zA-Z][a-zA-Z0-9+.-]*:/.exec(rest);
  if (protocol !== null) {
    out.protocol = protocol[0].toLowerCase();
    rest = rest.slice(protocol[0].length);
  }
  const opaque = out.protocol === 'javascript:';
  if (!opaque && rest.startsWith('//') && (slashesDenoteHost || protocol !== null || /^\/\/[^@/]+@[^@/]+/.test(rest))) {
    out.slashes = true;
    rest = rest.slice(2);
    const end = rest.search(/[/?#]/);
    readAuthority(out, end < 0 ? rest : rest.slice(0, end));
    rest = end < 0 ? '' : rest.slice(end);
  }
  if (!opaque) rest = escapeLegacy(rest);
  const hash = rest.indexOf('#');
  if (hash >= 0) {
    out.hash = rest.slice(hash);
    rest = rest.slice(0, hash);
  }
  const mark = rest.indexOf('?');
  if (mark >= 0) {
    out.search = rest.slice(mark);
    out.query = rest.slice(mark + 1);
    rest = rest.slice(0, mark);
  } else if (parseQuery) {
    out.search = null;
    out.query = '';
  }
  if (parseQuery) out.query = querystring.parse(out.query);
  if (rest !== '') out.pathname = rest;
  if (slashed.includes(out.protocol) && out.hostname && out.pathname === null) out.pathname = '/';
  if (out.pathname !== null || out.search !== null) out.path = (out.pathname || '') + (out.search || '');
  out.href = format(out);
  return out;
}

function readAuthority(out, authority) {
  const at = authority.lastIndexOf('@');
  if (at >= 0) {
    out.auth = decodeURIComponent(authority.slice(0, at));
    authority = authority.slice(at + 1);
  }
  const port = /:(\d*)$/.exec(authority);
  if (port !== null) {
    if (port[1] !== '') out.port = port[1];
    authority = authority.slice(0, -port[0].length);
  }
  out.hostname = authority.startsWith('[') ? authority.slice(1, -1).toLowerCase() : host.toASCII(authority) || authority.toLowerCase();
  out.host = (authority.startsWith('[') ? `[${out.hostname}]` : out.hostname) + (out.port === null ? '' : `:${out.port}`);
}

function format(value, options) {
  if (typeof value === 'string') value = parse(value);
  if (value instanceof URL) return formatWeb(value, options || {});
  let auth = value.auth ? encodeURIComponent(value.auth).replace(/%3A/i, ':') + '@' : '';
  let protocol = value.protocol || '', pathname = value.pathname || '', hash = value.hash || '', host = '';
  if (value.host) host = auth + value.host;
  else if (value.hostname) host = auth + (value.hostname.includes(':') ? `[${value.hostname}]` : value.hostname) + (value.port ? `:${value.port}` : '');
  const query = value.query !== null && typeof value.query === 'object' ? querystring.stringify(value.query) : '';
  let search = value.search || (query && `?${query}`) || '';
  if (protocol && !protocol.endsWith(':')) protocol += ':';
  if (value.slashes || ((!protocol || slashed.includes(protocol)) && host !== '')) {
    host = `//${host}`;
    if (pathname && pathname[0] !== '/') pathname = `/${pathname}`;
  }
  if (hash && hash[0] !== '#') hash = `#${hash}`;
  if (search && search[0] !== '?') search = `?${search}`;
  return protocol + host + pathname.replace(/[?#]/g, encodeURIComponent) + search.replace('#', '%23') + hash;
}

function formatWeb(url, { auth = true, fragment = true, search = true }) {
  const copy = new URL(url.href);
  if (!auth) copy.username = copy.password = '';
  if (!fragment) copy.hash = '';
  if (!search) copy.search = '';
  return copy.href;
}

function resolve(from, to) {
  const made = new URL(to, new URL(from, 'resolve://'));
  if (made.protocol === 'resolve:') return made.pathname + made.search + made.hash;
  return made.href;
}

function fileURLToPath(url) {
  const parsed = typeof url === 'string' ? new URL(url) : url;
  if (parsed.protocol !== 'file:') throw Object.assign(new TypeError('The URL must be of scheme file'), { code: 'ERR_INVALID_URL_SCHEME' });
  if (parsed.hostname !== '') throw Object.assign(new TypeError('File URL host must be "localhost" or empty on linux'), { code: 'ERR_INVALID_FILE_URL_HOST' });
  if (/%2f/i.test(parsed.pathname)) throw Object.assign(new TypeError('File URL path must not include encoded / characters'), { code: 'ERR_INVALID_FILE_URL_PATH' });
  return decodeURIComponent(parsed.pathname);
}

const pathToFileURL = (path) => new URL(`file://${require('path').resolve(path).split('/').map((part) => encodeURIComponent(part)).join('/')}`);

Object.assign(exports, {
  URL, URLSearchParams, Url, parse, format, resolve, resolveObject: (from, to) => parse(resolve(from, to)), fileURLToPath, pathToFileURL,
  domainToASCII: (domain) => host.toASCII(String(domain)), domainToUnicode: (domain) => host.toASCII(String(domain)),
  urlToHttpOptions: (url) => ({ protocol: url.protocol, hostname: url.hostname, hash: url.hash, search: url.search, pathname: url.pathname, path: url.pathname + url.search, href: url.href, ...(url.port === '' ? {} : { port: Number(url.port) }), ...(url.username === '' ? {} : { auth: `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` }) }),
});
