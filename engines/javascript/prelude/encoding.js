// TextEncoder and TextDecoder.
class TextEncoder {
  get encoding() { return 'utf-8'; }
  encode(text = '') { return new Uint8Array(host.encode(String(text), 'utf8')); }
  encodeInto(text, target) {
    let read = 0, written = 0;
    for (const c of String(text)) {
      const raw = new Uint8Array(host.encode(c, 'utf8'));
      if (written + raw.length > target.length) break;
      target.set(raw, written);
      written += raw.length;
      read += c.length;
    }
    return { read, written };
  }
}

const labels = { 'utf-8': 'utf-8', utf8: 'utf-8', 'unicode-1-1-utf-8': 'utf-8', 'utf-16le': 'utf-16le', 'utf-16': 'utf-16le', latin1: 'windows-1252', 'iso-8859-1': 'windows-1252', ascii: 'windows-1252', 'us-ascii': 'windows-1252', 'windows-1252': 'windows-1252' };

class TextDecoder {
  #encoding; #fatal; #ignoreBOM; #rest = new Uint8Array(0); #started = false;
  constructor(label = 'utf-8', options = {}) {
    this.#encoding = labels[String(label).trim().toLowerCase()];
    if (this.#encoding === undefined) throw Object.assign(new RangeError(`The "${label}" encoding is not supported`), { code: 'ERR_ENCODING_NOT_SUPPORTED' });
    this.#fatal = Boolean(options.fatal);
    this.#ignoreBOM = Boolean(options.ignoreBOM);
  }
  get encoding() { return this.#encoding; }
  get fatal() { return this.#fatal; }
  get ignoreBOM() { return this.#ignoreBOM; }
  decode(input, options = {}) {
    let raw = input === undefined ? new Uint8Array(0) : ArrayBuffer.isView(input) ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength) : new Uint8Array(input);
    if (this.#rest.length > 0) {
      const joined = new Uint8Array(this.#rest.length + raw.length);
      joined.set(this.#rest);
      joined.set(raw, this.#rest.length);
      raw = joined;
    }
    const cut = options.stream ? unfinished(raw, this.#encoding) : 0;
    this.#rest = raw.slice(raw.length - cut);
    if (cut > 0) raw = raw.subarray(0, raw.length - cut);
    let text = this.#encoding === 'utf-8' ? host.decodeUTF8(raw, this.#fatal) : host.decode(raw, this.#encoding === 'utf-16le' ? 'utf16le' : 'latin1');
    if (!this.#started && !this.#ignoreBOM && text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    this.#started = Boolean(options.stream);
    return text;
  }
}

// unfinished counts the bytes at the end that begin a character without ending it.
function unfinished(raw, encoding) {
  if (encoding === 'utf-16le') return raw.length % 2;
  if (encoding !== 'utf-8') return 0;
  for (let back = 1; back <= Math.min(3, raw.length); back++) {
    const b = raw[raw.length - back];
    if ((b & 0xc0) === 0x80) continue;
    const need = b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : b >= 0xc0 ? 2 : 1;
    return need > back ? back : 0;
  }
  return 0;
}

for (const [Class, name] of [[TextEncoder, 'TextEncoder'], [TextDecoder, 'TextDecoder']]) {
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: name, configurable: true });
}
Object.assign(exports, { TextEncoder, TextDecoder });
