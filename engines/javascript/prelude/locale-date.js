// Date.prototype.toLocaleString and its kin in US English and UTC. What is not known here throws, so that no date is
// silently told in another form or zone.
const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const dateParts = ['weekday', 'year', 'month', 'day'], timeParts = ['hour', 'minute', 'second'];
const known = [...dateParts, ...timeParts, 'hour12', 'timeZone'];

function refuse(what) {
  throw new RangeError(`${what} is not supported here: dates are told in en-US and UTC only; use toISOString() or build the text from getUTC…()`);
}

function check(locales, options) {
  const locale = Array.isArray(locales) ? locales[0] : locales;
  if (locale !== undefined && locale !== 'en-US' && locale !== 'en') refuse(`the locale ${locale}`);
  for (const name of Object.keys(options)) {
    if (options[name] !== undefined && !known.includes(name)) refuse(`the option ${name}`);
  }
  const zone = options.timeZone;
  if (zone !== undefined && !/^(UTC|GMT|Etc\/(UTC|GMT))$/i.test(zone)) refuse(`the time zone ${zone}`);
}

const two = (n) => String(n).padStart(2, '0');
const sized = (n, form) => (form === '2-digit' ? two(n % 100) : String(n));
const named = (names, n, form) => (form === 'long' ? names[n] : form === 'short' ? names[n].slice(0, 3) : names[n][0]);

function dateText(date, o) {
  const textual = o.month !== undefined && !/^(numeric|2-digit)$/.test(o.month);
  const month = o.month && (textual ? named(months, date.getUTCMonth(), o.month) : sized(date.getUTCMonth() + 1, o.month));
  const day = o.day && sized(date.getUTCDate(), o.day), year = o.year && sized(date.getUTCFullYear(), o.year);
  const weekday = o.weekday && named(weekdays, date.getUTCDay(), o.weekday);
  const monthDay = [month, day].filter(Boolean).join(textual ? ' ' : '/');
  const rest = [monthDay, year].filter(Boolean).join(textual ? (day ? ', ' : ' ') : '/');
  return [weekday, rest].filter(Boolean).join(', ');
}

function timeText(date, o) {
  const hours = date.getUTCHours(), half = o.hour12 !== false;
  const hour = o.hour && sized(half ? hours % 12 || 12 : hours, half ? o.hour : '2-digit');
  const minute = o.minute && (o.hour || o.second ? two(date.getUTCMinutes()) : String(date.getUTCMinutes()));
  const second = o.second && (o.minute ? two(date.getUTCSeconds()) : String(date.getUTCSeconds()));
  return [hour, minute, second].filter(Boolean).join(':') + (o.hour && half ? (hours < 12 ? ' AM' : ' PM') : '');
}

// define makes a method that tells the parts of mine, all by default, and others where options name them.
function define(name, mine) {
  const method = function (locales, options = {}) {
    if (Number.isNaN(this.getTime())) return 'Invalid Date';
    check(locales, options);
    const asked = [...dateParts, ...timeParts].some((part) => mine.includes(part) && options[part] !== undefined);
    const wanted = { ...options };
    if (!asked) for (const part of mine) if (part !== 'weekday') wanted[part] = 'numeric';
    const long = wanted.month === 'long' && wanted.hour;
    return [dateText(this, wanted), timeText(this, wanted)].filter(Boolean).join(long ? ' at ' : ', ');
  };
  Object.defineProperty(method, 'name', { value: name });
  Object.defineProperty(Date.prototype, name, { value: method, writable: true, configurable: true });
}
define('toLocaleDateString', dateParts);
define('toLocaleTimeString', timeParts);
define('toLocaleString', [...dateParts, ...timeParts]);
