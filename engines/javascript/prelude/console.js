// The methods of console beyond the plain levels.
const { inspect, format } = require('inspect');
const counts = new Map();
const starts = new Map();
let indent = '';
const line = (level, text) => host.log(level, indent === '' ? text : indent + text.replace(/\n/g, '\n' + indent));

exports.dir = (value, options) => line('log', inspect(value, options));
exports.group = (...args) => { if (args.length > 0) line('log', format(...args)); indent += '  '; };
exports.groupCollapsed = exports.group;
exports.groupEnd = () => { indent = indent.slice(2); };
exports.count = (label = 'default') => { counts.set(label, (counts.get(label) || 0) + 1); line('log', `${label}: ${counts.get(label)}`); };
exports.countReset = (label = 'default') => { counts.delete(label); };
exports.time = (label = 'default') => { starts.set(label, host.now()); };
exports.timeLog = (label = 'default', ...args) => {
  if (starts.has(label)) line('log', format(`${label}: ${(host.now() - starts.get(label)).toFixed(3)}ms`, ...args));
};
exports.timeEnd = (label = 'default') => { exports.timeLog(label); starts.delete(label); };
exports.assert = (truth, ...args) => {
  if (!truth) line('error', args.length === 0 ? 'Assertion failed' : typeof args[0] === 'string' ? `Assertion failed: ${format(...args)}` : format('Assertion failed', ...args));
};

exports.table = (data) => {
  if (typeof data !== 'object' || data === null) return line('log', inspect(data));
  const columns = [];
  const rows = Object.keys(data).map((key) => {
    const row = data[key];
    const cells = typeof row === 'object' && row !== null ? row : { Values: row };
    for (const name of Object.keys(cells)) if (!columns.includes(name)) columns.push(name);
    return [key, cells];
  });
  const table = [['(index)', ...columns], ...rows.map(([key, cells]) => [key, ...columns.map((name) => (name in cells ? inspect(cells[name]) : ''))])];
  const widths = table[0].map((_, i) => Math.max(...table.map((row) => row[i].length)) + 2);
  const rule = (left, middle, right) => left + widths.map((width) => '─'.repeat(width)).join(middle) + right;
  const render = (row) => '│' + row.map((cell, i) => ` ${cell}`.padEnd(widths[i])).join('│') + '│';
  line('log', [rule('┌', '┬', '┐'), render(table[0]), rule('├', '┼', '┤'), ...table.slice(1).map(render), rule('└', '┴', '┘')].join('\n'));
};
