// Number.prototype.toLocaleString in its usual form: grouped digits, a fixed range of decimals.
const plain = Number.prototype.toString;

function localeString(locales, options = {}) {
  const value = Number(this);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value < 0 ? '-∞' : '∞';
  const percent = options.style === 'percent', currency = options.style === 'currency';
  const least = options.minimumFractionDigits === undefined ? (currency ? 2 : 0) : options.minimumFractionDigits;
  const most = options.maximumFractionDigits === undefined ? Math.max(least, currency ? 2 : percent ? 0 : 3) : options.maximumFractionDigits;
  const german = /^(de|es|it|nl|pt|id|tr|da)\b/.test(String(Array.isArray(locales) ? locales[0] : locales));
  const [point, group] = german ? [',', '.'] : ['.', ','];
  const amount = percent ? Math.abs(value) * 100 : Math.abs(value);
  let [whole, decimals = ''] = (amount < 1e21 ? amount.toFixed(most) : plain.call(amount)).split('.');
  while (decimals.length > least && decimals.endsWith('0')) decimals = decimals.slice(0, -1);
  if (options.useGrouping !== false) whole = whole.replace(/\B(?=(\d{3})+$)/g, group);
  let text = decimals === '' ? whole : whole + point + decimals;
  if (percent) text += german ? ' %' : '%';
  if (currency) {
    const sign = { USD: '$', EUR: '€', GBP: '£', JPY: '¥' }[options.currency] || `${options.currency} `;
    text = german ? `${text} ${sign.trim()}` : sign + text;
  }
  return value < 0 || Object.is(value, -0) ? `-${text}` : text;
}

Object.defineProperty(Number.prototype, 'toLocaleString', { value: localeString, writable: true, configurable: true });
