// util.inspect and util.format, rendering as Node does.
const types = require('types');

const defaults = { depth: 2, maxArrayLength: 100, maxStringLength: 10000, breakLength: 80, compact: 3, showHidden: false, sorted: false };
const custom = Symbol.for('nodejs.util.inspect.custom');
const isIdentifier = /^[A-Za-z_$][\w$]*$/;
const hasOwn = Object.prototype.hasOwnProperty;

function quote(text) {
  let mark = "'";
  if (text.includes("'")) {
    if (!text.includes('"')) mark = '"';
    else if (!text.includes('`') && !text.includes('${')) mark = '`';
  }
  let out = mark;
  for (let i = 0; i < text.length; i++) {
    const c = text[i], code = text.charCodeAt(i);
    if (c === mark || c === '\\') out += '\\' + c;
    else if (c === '\n') out += '\\n';
    else if (c === '\t') out += '\\t';
    else if (c === '\r') out += '\\r';
    else if (c === '\b') out += '\\b';
    else if (c === '\f') out += '\\f';
    else if (c === '\v') out += '\\v';
    else if (code < 0x20 || code === 0x7f) out += '\\x' + code.toString(16).toUpperCase().padStart(2, '0');
    else out += c;
  }
  return out + mark;
}

function primitive(value, options) {
  switch (typeof value) {
    case 'string': {
      let rest = '';
      if (value.length > options.maxStringLength) {
        const more = value.length - options.maxStringLength;
        value = value.slice(0, options.maxStringLength);
        rest = `... ${more} more character${more > 1 ? 's' : ''}`;
      }
      return quote(value) + rest;
    }
    case 'number': return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint': return value + 'n';
    case 'symbol': return Symbol.prototype.toString.call(value);
    default: return String(value);
  }
}

function className(value) {
  for (let at = value; at !== null && at !== undefined; at = Object.getPrototypeOf(at)) {
    const own = Object.getOwnPropertyDescriptor(at, 'constructor');
    if (own !== undefined && typeof own.value === 'function' && own.value.name !== '') return String(own.value.name);
  }
  return null;
}

function prefixOf(value, fallback, size) {
  const name = className(value);
  let text = name === null ? `[${fallback}${size}: null prototype] ` : `${name}${size} `;
  let tag = value[Symbol.toStringTag];
  if (typeof tag === 'string' && tag !== '' && tag !== (name === null ? fallback : name)) text += `[${tag}] `;
  return text;
}

function keyText(key) {
  if (typeof key === 'symbol') return `[${Symbol.prototype.toString.call(key)}]`;
  if (key === '__proto__') return "['__proto__']";
  return isIdentifier.test(key) ? key : quote(key);
}

function property(value, key, state, isIndex) {
  const descriptor = Object.getOwnPropertyDescriptor(value, key) || { value: value[key], enumerable: true };
  let text;
  if (descriptor.get !== undefined) text = descriptor.set !== undefined ? '[Getter/Setter]' : '[Getter]';
  else if (descriptor.set !== undefined) text = '[Setter]';
  else {
    state.indent += 2;
    text = render(descriptor.value, state);
    state.indent -= 2;
  }
  if (isIndex) return text;
  return `${descriptor.enumerable === false ? `[${String(key)}]` : keyText(key)}: ${text}`;
}

function ownKeys(value, state) {
  const keys = state.options.showHidden ? Object.getOwnPropertyNames(value) : Object.keys(value);
  for (const symbol of Object.getOwnPropertySymbols(value)) {
    if (state.options.showHidden || Object.prototype.propertyIsEnumerable.call(value, symbol)) keys.push(symbol);
  }
  if (state.options.sorted) keys.sort();
  return keys;
}

const isIndexKey = (key) => typeof key === 'string' && /^(0|[1-9]\d*)$/.test(key) && +key < 4294967295;
const plural = (count, word) => `... ${count} more ${word}${count > 1 ? 's' : ''}`;

function listItems(value, length, state) {
  const out = [];
  const limit = Math.min(length, state.options.maxArrayLength);
  let index = 0;
  while (index < length && out.length < limit) {
    if (hasOwn.call(value, index)) {
      out.push(property(value, index, state, true));
      index++;
      continue;
    }
    let hole = index + 1;
    while (hole < length && hole < index + 1e5 && !hasOwn.call(value, hole)) hole++;
    if (hole === index + 1e5) hole = nextIndex(value, hole, length);
    out.push(`<${hole - index} empty item${hole - index > 1 ? 's' : ''}>`);
    index = hole;
  }
  if (index < length) out.push(plural(length - index, 'item'));
  return out;
}

function nextIndex(value, from, length) {
  for (const key of Object.keys(value)) {
    if (isIndexKey(key) && +key >= from) return +key;
  }
  return length;
}

function entries(value, state, each, limit) {
  const out = [];
  let left = 0;
  for (const item of value) {
    if (out.length >= limit) left++;
    else out.push(each(item));
  }
  if (left > 0) out.push(plural(left, 'item'));
  return out;
}

function errorText(value, state) {
  let name = value.name === undefined ? 'Error' : String(value.name);
  const message = value.message === undefined ? '' : String(value.message);
  let stack = typeof value.stack === 'string' ? host.cleanStack(value.stack) : '';
  const head = message ? `${name}: ${message}` : name;
  if (stack === '') return `[${head}]`;
  const frames = stack.match(/^    at .*$/gm);
  if (frames === null) return stack.includes(message) ? `[${stack.trimEnd()}]` : `[${head}]`;
  const own = className(value);
  if (own !== null && own !== name && !stack.split('\n')[0].includes(own) && name === 'Error') stack = stack.replace(/^Error/, own);
  if (state.indent > 0) stack = stack.replace(/\n/g, '\n' + ' '.repeat(state.indent));
  return stack;
}

function describe(value, state) {
  let keys = ownKeys(value, state);
  let open = '{', close = '}', head = '', base = '', items = [], isList = false;
  if (Array.isArray(value)) {
    const prefix = className(value) !== 'Array' ? prefixOf(value, 'Array', `(${value.length})`) : '';
    keys = keys.filter((key) => !isIndexKey(key));
    open = prefix + '[', close = ']', isList = true;
    items = () => listItems(value, value.length, state);
  } else if (types.isTypedArray(value)) {
    keys = keys.filter((key) => !isIndexKey(key));
    const name = className(value) || 'TypedArray';
    if (name === 'Buffer') return bufferText(value);
    open = `${name}(${value.length}) [`, close = ']', isList = true;
    items = () => listItems(value, value.length, state);
  } else if (types.isSet(value)) {
    open = prefixOf(value, 'Set', `(${value.size})`) + '{';
    items = () => entries(Set.prototype.values.call(value), state, (item) => nested(item, state), state.options.maxArrayLength);
  } else if (types.isMap(value)) {
    open = prefixOf(value, 'Map', `(${value.size})`) + '{';
    items = () => entries(Map.prototype.entries.call(value), state, ([key, item]) => `${nested(key, state)} => ${nested(item, state)}`, state.options.maxArrayLength);
  } else if (typeof value === 'function') {
    base = functionText(value);
    if (keys.length === 0) return base;
  } else if (types.isRegExp(value)) {
    base = RegExp.prototype.toString.call(value);
    if (keys.length === 0) return base;
  } else if (types.isDate(value)) {
    base = Number.isNaN(Date.prototype.getTime.call(value)) ? 'Invalid Date' : Date.prototype.toISOString.call(value);
    if (keys.length === 0) return base;
  } else if (types.isNativeError(value) || value instanceof Error) {
    base = errorText(value, state);
    keys = keys.filter((key) => key !== 'stack' && key !== 'message' && !(key === 'name' && base.includes(String(value.name))));
    if (hasOwn.call(value, 'cause') && !keys.includes('cause')) keys.push('cause');
    if (Array.isArray(value.errors) && !keys.includes('errors')) keys.push('errors');
    if (keys.length === 0) return base;
  } else if (types.isAnyArrayBuffer(value)) {
    const bytes = new Uint8Array(value);
    const text = Array.from(bytes.subarray(0, 50), (b) => b.toString(16).padStart(2, '0')).join(' ');
    open = 'ArrayBuffer {';
    items = () => [`[Uint8Contents]: <${text}${bytes.length > 50 ? ` ${plural(bytes.length - 50, 'byte')}` : ''}>`, `byteLength: ${bytes.length}`];
  } else if (types.isPromise(value)) {
    open = prefixOf(value, 'Promise', '') + '{';
    items = () => {
      const [settled, result] = host.promiseState(value);
      if (settled === 'pending') return ['<pending>'];
      return [(settled === 'rejected' ? '<rejected> ' : '') + nested(result, state)];
    };
  } else if (types.isBoxedPrimitive(value)) {
    const inner = value.valueOf();
    base = `[${typeof inner === 'string' ? 'String' : typeof inner === 'number' ? 'Number' : typeof inner === 'boolean' ? 'Boolean' : typeof inner === 'bigint' ? 'BigInt' : 'Symbol'}: ${primitive(inner, state.options)}]`;
    if (typeof inner === 'string') keys = keys.filter((key) => !isIndexKey(key));
    if (keys.length === 0) return base;
  } else if (types.isWeakMap(value)) {
    return 'WeakMap { <items unknown> }';
  } else if (types.isWeakSet(value)) {
    return 'WeakSet { <items unknown> }';
  } else if (Object.prototype.toString.call(value) === '[object Arguments]') {
    keys = keys.filter((key) => !isIndexKey(key));
    open = '[Arguments] [', close = ']', isList = true;
    items = () => listItems(value, value.length, state);
  } else {
    head = prefixOf(value, 'Object', '');
    open = head === 'Object ' ? '{' : head + '{';
    if (keys.length === 0) return open + '}';
  }
  return { keys, open, close, base, items, isList };
}

function functionText(value) {
  const source = Function.prototype.toString.call(value);
  if (source.startsWith('class') && source.endsWith('}')) {
    const above = Object.getPrototypeOf(value);
    return `[class ${value.name || '(anonymous)'}${above && above.name ? ` extends ${above.name}` : ''}]`;
  }
  let kind = 'Function';
  if (source.startsWith('async')) kind = 'AsyncFunction';
  else if (/^function\s*\*/.test(source)) kind = 'GeneratorFunction';
  return value.name === '' || typeof value.name !== 'string' ? `[${kind} (anonymous)]` : `[${kind}: ${value.name}]`;
}

function bufferText(value) {
  const shown = Array.prototype.map.call(value.subarray(0, 50), (b) => b.toString(16).padStart(2, '0')).join(' ');
  return `<Buffer${shown === '' ? '' : ' '}${shown}${value.length > 50 ? ` ... ${value.length - 50} more byte${value.length > 51 ? 's' : ''}` : ''}>`;
}

function nested(value, state) {
  state.indent += 2;
  const text = render(value, state);
  state.indent -= 2;
  return text;
}

function render(value, state) {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return primitive(value, state.options);
  if (types.isProxy(value)) return render(host.proxyTarget(value), state);
  const own = value[custom];
  if (typeof own === 'function' && own !== inspect) {
    const result = own.call(value, state.options.depth === null ? null : state.options.depth - state.level, state.options, inspect);
    if (result !== value) return typeof result === 'string' ? result : render(result, state);
  }
  if (state.seen.includes(value)) {
    let index = state.circular.get(value);
    if (index === undefined) {
      index = state.circular.size + 1;
      state.circular.set(value, index);
    }
    return `[Circular *${index}]`;
  }
  const depth = state.options.depth === null ? Infinity : state.options.depth;
  const found = describeSafely(value, state);
  if (typeof found === 'string') return found;
  if (state.level > depth) {
    const name = Array.isArray(value) ? 'Array' : className(value) === null ? 'Object: null prototype' : className(value);
    return `[${name}]`;
  }
  state.seen.push(value);
  const level = state.level;
  state.deepest = level;
  state.level++;
  const out = typeof found.items === 'function' ? found.items() : found.items;
  for (const key of found.keys) out.push(property(value, key, state, false));
  state.level--;
  state.seen.pop();
  let base = found.base;
  const index = state.circular.get(value);
  if (index !== undefined) {
    const mark = `<ref *${index}>`;
    if (base !== '') base = `${mark} ${base}`;
    else found.open = `${mark} ${found.open}`;
  }
  state.budget -= out.length;
  return combine(value, out, base, found, level, state);
}

function describeSafely(value, state) {
  if (state.level > 1000 || state.budget < 0) return '[...]';
  return describe(value, state);
}

// combine puts short contents on one line and the rest on lines of their own.
function combine(value, out, base, found, level, state) {
  const count = out.length;
  if (count === 0 && base === '') return found.open + found.close;
  const head = base === '' ? '' : `${base} `;
  if (found.isList && count > 6) out = inColumns(value, out, state);
  if (state.deepest - level < state.options.compact && count === out.length) {
    const start = count + state.indent + found.open.length + base.length + 10;
    const width = out.reduce((sum, text) => sum + text.length, count + start);
    const line = out.join(', ');
    if (width <= state.options.breakLength && !base.includes('\n') && !line.includes('\n')) return `${head}${found.open} ${line} ${found.close}`;
  }
  const pad = '\n' + ' '.repeat(state.indent);
  return `${head}${found.open}${pad}  ${out.join(`,${pad}  `)}${pad}${found.close}`;
}

// inColumns lays more than six short items out in columns, numbers to the right.
function inColumns(value, out, state) {
  const shown = state.options.maxArrayLength < out.length ? out.length - 1 : out.length;
  const sizes = out.slice(0, shown).map((text) => text.length + 2);
  const total = sizes.reduce((sum, size) => sum + size, 0), widest = Math.max(...sizes);
  if (widest * 3 + state.indent >= state.options.breakLength || (total / widest <= 5 && widest > 8)) return out;
  const usual = Math.max(widest - 3 - Math.sqrt(widest - total / out.length), 1);
  const columns = Math.min(Math.round(Math.sqrt(2.5 * usual * shown) / usual), Math.floor((state.options.breakLength - state.indent) / widest), state.options.compact * 4, 15);
  if (columns <= 1) return out;
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...sizes.filter((_, i) => i % columns === column)));
  const toRight = out.every((_, i) => typeof value[i] === 'number' || typeof value[i] === 'bigint');
  const rows = [];
  for (let i = 0; i < shown; i += columns) {
    const cells = out.slice(i, Math.min(i + columns, shown));
    const last = cells.pop();
    const row = cells.map((cell, j) => (toRight ? `${cell}, `.padStart(widths[j]) : `${cell}, `.padEnd(widths[j]))).join('');
    rows.push(row + (toRight ? last.padStart(widths[cells.length] - 2) : last));
  }
  return [...rows, ...out.slice(shown)];
}

function newState(options) {
  // deepest is the level of the object that was rendered last, indent the column of the current one.
  return { options: { ...defaults, ...options }, seen: [], circular: new Map(), indent: 0, level: 0, deepest: 0, budget: 100000 };
}

function inspect(value, options, depth) {
  if (typeof options === 'boolean') options = { showHidden: options, depth: depth === undefined ? 2 : depth };
  const settings = options === undefined || options === null ? {} : { ...options };
  for (const name of ['maxArrayLength', 'maxStringLength']) if (settings[name] === null) settings[name] = Infinity;
  return render(value, newState(settings));
}
inspect.custom = custom;
inspect.defaultOptions = defaults;

function formatNumber(value) {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'symbol') return 'NaN';
  return primitive(Number(value), defaults);
}

function formatString(value) {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return primitive(value, defaults);
  if (typeof value.toString === 'function' && value.toString !== Object.prototype.toString && value.toString !== Array.prototype.toString &&
      value.toString !== Error.prototype.toString && !types.isDate(value) && !types.isRegExp(value)) return String(value);
  return inspect(value, { depth: 0 });
}

function formatOne(kind, value) {
  switch (kind) {
    case 's': return formatString(value);
    case 'd': return typeof value === 'object' && value !== null ? formatNumber(Number(value)) : formatNumber(value);
    case 'i': return typeof value === 'bigint' ? `${value}n` : typeof value === 'symbol' ? 'NaN' : primitive(parseInt(value), defaults);
    case 'f': return typeof value === 'symbol' ? 'NaN' : primitive(parseFloat(value), defaults);
    case 'j':
      try { return JSON.stringify(value); } catch (error) {
        if (/circular/i.test(error.message)) return '[Circular]';
        throw error;
      }
    case 'o': return inspect(value, { showHidden: true, depth: 4 });
    case 'O': return inspect(value);
    default: return '';
  }
}

function formatWithOptions(options, ...args) {
  let text = '', at = 0;
  if (typeof args[0] === 'string' && args.length > 1) {
    const pattern = args[0];
    at = 1;
    let last = 0;
    for (let i = 0; i < pattern.length - 1; i++) {
      if (pattern[i] !== '%') continue;
      const kind = pattern[i + 1];
      if (kind === '%') {
        text += pattern.slice(last, i) + '%';
      } else if ('sdifjoOc'.includes(kind) && at < args.length) {
        text += pattern.slice(last, i) + formatOne(kind, args[at++]);
      } else {
        continue;
      }
      last = i + 2;
      i++;
    }
    text += pattern.slice(last);
  } else if (typeof args[0] === 'string') {
    return args[0];
  }
  const rest = args.slice(at).map((value) => (typeof value === 'string' ? value : inspect(value, options)));
  if (at > 0) rest.unshift(text);
  return rest.join(' ');
}

const format = (...args) => formatWithOptions(undefined, ...args);

Object.assign(exports, { inspect, format, formatWithOptions });
