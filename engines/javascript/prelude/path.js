// The path module of Node: posix, with win32 beside it.
const text = (value, name) => {
  if (typeof value !== 'string') throw Object.assign(new TypeError(`The "${name}" argument must be of type string. Received ${value === null ? 'null' : typeof value}`), { code: 'ERR_INVALID_ARG_TYPE' });
  return value;
};

function make({ sep, delimiter, isSep, rootOf, cwd }) {
  // settle resolves dot segments; above tells whether ".." may stay at the start.
  function settle(segments, above) {
    const out = [];
    for (const segment of segments) {
      if (segment === '' || segment === '.') continue;
      if (segment !== '..') out.push(segment);
      else if (out.length > 0 && out[out.length - 1] !== '..') out.pop();
      else if (above) out.push('..');
    }
    return out;
  }
  const split = (path) => {
    const parts = [''];
    for (const c of path) {
      if (isSep(c)) parts.push('');
      else parts[parts.length - 1] += c;
    }
    return parts;
  };
  const isAbsolute = (path) => { const root = rootOf(text(path, 'path')); return root !== '' && isSep(root[root.length - 1]); };
  function normalize(path) {
    if (text(path, 'path') === '') return '.';
    const root = rootOf(path), rest = path.slice(root.length);
    const body = settle(split(rest), !isAbsolute(path)).join(sep);
    const trailing = rest !== '' && isSep(rest[rest.length - 1]) && body !== '' ? sep : '';
    const shown = root.replace(/\//g, sep);
    return shown + body + trailing || (rest !== '' && isSep(rest[rest.length - 1]) && !isAbsolute(path) ? `.${sep}` : '.');
  }
  function join(...parts) {
    const joined = parts.map((part) => text(part, 'path')).filter((part) => part !== '').join(sep);
    return joined === '' ? '.' : normalize(joined);
  }
  function resolve(...parts) {
    let path = '';
    for (const part of [cwd, ...parts]) {
      if (text(part, 'path') === '') continue;
      path = isAbsolute(part) ? part : path + sep + part;
    }
    const done = normalize(path);
    return done.length > rootOf(done).length && isSep(done[done.length - 1]) ? done.slice(0, -1) : done;
  }
  function trimEnd(path, root) {
    let end = path.length;
    while (end > root.length && isSep(path[end - 1])) end--;
    return path.slice(0, end);
  }
  const lastSep = (path) => { for (let i = path.length - 1; i >= 0; i--) if (isSep(path[i])) return i; return -1; };
  function dirname(path) {
    const root = rootOf(text(path, 'path'));
    const trimmed = trimEnd(path, root);
    if (trimmed.length <= root.length) return root === '' ? '.' : root;
    const at = lastSep(trimmed.slice(root.length));
    if (at < 0) return root === '' ? '.' : root;
    return trimEnd(trimmed.slice(0, root.length + at), root) || root || sep;
  }
  function basename(path, suffix) {
    const root = rootOf(text(path, 'path'));
    const trimmed = trimEnd(path, root).slice(root.length);
    let base = trimmed.slice(lastSep(trimmed) + 1);
    if (suffix !== undefined && base !== suffix && base.endsWith(suffix)) base = base.slice(0, -suffix.length);
    return base;
  }
  function extname(path) {
    const base = basename(path);
    const dot = base.lastIndexOf('.');
    return dot <= 0 || base === '..' ? '' : base.slice(dot);
  }
  function relative(from, to) {
    from = resolve(from);
    to = resolve(to);
    if (from === to) return '';
    const a = settle(split(from)), b = settle(split(to));
    let shared = 0;
    while (shared < a.length && shared < b.length && a[shared] === b[shared]) shared++;
    return [...a.slice(shared).map(() => '..'), ...b.slice(shared)].join(sep);
  }
  function parse(path) {
    const root = rootOf(text(path, 'path')), base = basename(path), ext = extname(path);
    const dir = dirname(path);
    return { root, dir: dir === '.' && !trimEnd(path, root).slice(root.length).split('').some(isSep) && !path.startsWith('.' + sep) ? root : dir, base, ext, name: ext === '' ? base : base.slice(0, -ext.length) };
  }
  function format(parts) {
    const dir = parts.dir || parts.root;
    const ext = parts.ext ? (parts.ext[0] === '.' ? parts.ext : `.${parts.ext}`) : '';
    const base = parts.base || `${parts.name || ''}${ext}`;
    return dir ? (dir === parts.root ? `${dir}${base}` : `${dir}${sep}${base}`) : base;
  }
  return { sep, delimiter, isAbsolute, normalize, join, resolve, dirname, basename, extname, relative, parse, format, toNamespacedPath: (path) => path };
}

const posix = make({ sep: '/', delimiter: ':', cwd: '/', isSep: (c) => c === '/', rootOf: (path) => (path[0] === '/' ? '/' : '') });
const win32 = make({
  sep: '\\', delimiter: ';', cwd: 'C:\\', isSep: (c) => c === '/' || c === '\\',
  rootOf: (path) => /^(?:[A-Za-z]:[\\/]?|[\\/]{2}[^\\/]+[\\/]+[^\\/]+[\\/]?|[\\/])/.exec(path)?.[0] ?? '',
});
module.exports = Object.assign(posix, { posix, win32 });
win32.posix = posix;
win32.win32 = win32;
