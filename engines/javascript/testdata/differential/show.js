// show writes a value so that Node's and the engine's can be compared as JSON text.
const show = (v, seen = []) => {
  if (v === undefined) return 'undefined:';
  if (typeof v === 'number') return Number.isFinite(v) && !Object.is(v, -0) ? v : 'number:' + (Object.is(v, -0) ? '-0' : v);
  if (typeof v === 'bigint') return 'bigint:' + v;
  if (typeof v === 'symbol') return 'symbol:' + String(v);
  if (typeof v === 'function') return 'function:' + v.name + '/' + v.length;
  if (v === null || typeof v !== 'object') return v;
  if (seen.includes(v)) return 'cycle:';
  const within = [...seen, v];
  if (Array.isArray(v)) return Array.from(v, (item) => show(item, within));
  if (v instanceof Error) return { error: v.name, code: v.code };
  if (v instanceof Date) return 'date:' + (Number.isNaN(v.getTime()) ? 'invalid' : v.toISOString());
  if (v instanceof RegExp) return 'regexp:' + v;
  if (v instanceof Map) return { map: [...v].map((pair) => show(pair, within)) };
  if (v instanceof Set) return { set: [...v].map((item) => show(item, within)) };
  if (ArrayBuffer.isView(v)) return { [v.constructor.name]: Array.from(v, (item) => show(item)) };
  if (v instanceof ArrayBuffer) return { ArrayBuffer: [...new Uint8Array(v)] };
  const out = {};
  for (const key of Object.keys(v)) out[key] = show(v[key], within);
  return out;
};
