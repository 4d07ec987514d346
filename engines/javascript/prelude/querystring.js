// The querystring module of Node.
function escape(value) {
  if (typeof value !== 'string') value = typeof value === 'object' ? String(value) : `${value}`;
  return encodeURIComponent(value);
}

function unescape(text) {
  try { return decodeURIComponent(text); } catch {
    return text.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => host.decode(host.encode(run.replace(/%/g, ''), 'hex'), 'utf8'));
  }
}

const primitive = (value) => {
  switch (typeof value) {
    case 'string': return value;
    case 'number': return Number.isFinite(value) ? `${value}` : '';
    case 'bigint': case 'boolean': return `${value}`;
    default: return '';
  }
};

function stringify(object, separator = '&', equals = '=', options = {}) {
  const encode = options.encodeURIComponent || exports.escape;
  if (object === null || typeof object !== 'object') return '';
  return Object.keys(object).flatMap((name) => {
    const values = Array.isArray(object[name]) ? object[name] : [object[name]];
    return values.map((value) => `${encode(name)}${equals}${encode(primitive(value))}`);
  }).join(separator);
}

function parse(text, separator = '&', equals = '=', options = {}) {
  const found = Object.create(null);
  if (typeof text !== 'string' || text === '') return found;
  const decode = options.decodeURIComponent || exports.unescape;
  const safely = (part) => { try { return decode(part.replace(/\+/g, ' ')); } catch { return unescape(part.replace(/\+/g, ' ')); } };
  const most = options.maxKeys === undefined ? 1000 : options.maxKeys;
  let pairs = text.split(separator);
  if (most > 0) pairs = pairs.slice(0, most);
  for (const pair of pairs) {
    if (pair === '') continue;
    const at = pair.indexOf(equals);
    const name = safely(at < 0 ? pair : pair.slice(0, at)), value = at < 0 ? '' : safely(pair.slice(at + equals.length));
    if (!(name in found)) found[name] = value;
    else if (Array.isArray(found[name])) found[name].push(value);
    else found[name] = [found[name], value];
  }
  return found;
}

Object.assign(exports, { stringify, parse, escape, unescape, encode: stringify, decode: parse });
