// The connection provider itself: what it offers, and how it signs. Nothing here knows of gRPC.
"use strict";

const crypto = require("node:crypto");

const type = {
  key: "hmacHeader",
  label: "HMAC Header",
  comments: "Signs method, URL, time and body of each request with a shared secret.",
  inputs: [
    { key: "keyId", label: "Key ID", required: true, placeholder: "key-1" },
    { key: "secret", label: "Secret", kind: "KIND_MULTILINE", required: true, secret: true },
    { key: "algorithm", label: "Algorithm", choices: ["sha256", "sha512"], default: "sha256" },
  ],
  options: [{ key: "header", label: "Header", comments: "Header that carries the signature.", default: "X-Signature" }],
  token: "FLOW_STATIC",
  signs: true,
};

// Fault is an error that reaches the host as it is. Its words hold no secret.
class Fault extends Error {
  constructor(code, message, source = "engine") {
    super(message);
    this.fault = { source, code, message };
  }
}

function check(key) {
  if (key !== type.key) throw new Fault("unsupported", `there is no type ${key}`, "host");
}

const headerName = /^[A-Za-z0-9-]+$/;

function schema({ type: key, options, fields }) {
  check(key);
  const findings = [];
  for (const name of Object.keys(options).sort()) {
    if (name !== "header") findings.push({ key: name, message: "is not known; the only option is header" });
    else if (!headerName.test(options[name])) findings.push({ key: name, message: "is no name of a header" });
  }
  const inputs = type.inputs.map((input) => (input.key in fields ? { ...input, default: fields[input.key] } : input));
  return { inputs, findings };
}

function validate({ settings }) {
  check(settings.type);
  const findings = [];
  if (/[^\x21-\x7e]/.test(settings.fields.keyId ?? "")) findings.push({ key: "keyId", message: "holds a character that no header may" });
  const { algorithm } = settings.fields;
  if (algorithm !== undefined && !type.inputs[2].choices.includes(algorithm)) findings.push({ key: "algorithm", message: "is neither sha256 nor sha512" });
  return { findings };
}

// Signature takes a request in parts: however large its body is, no more than one part is held.
class Signature {
  constructor(head) {
    check(head.settings.type);
    this.head = head;
    this.algorithm = head.settings.fields.algorithm ?? "sha256";
    this.body = crypto.createHash(this.algorithm);
    this.length = 0;
  }

  add(part) {
    this.length += part.length;
    this.body.update(part);
  }

  additions() {
    const { settings, method, url, body_bytes: announced, at_us: micros } = this.head;
    if (this.length !== Number(announced)) throw new Fault("protocol", "the body is not as long as it was said to be");
    const { keyId, secret } = settings.fields;
    const seconds = (BigInt(micros) / 1000000n).toString();
    const text = [method, url, seconds, this.body.digest("hex")].join("\n");
    const signature = crypto.createHmac(this.algorithm, secret).update(text).digest("hex");
    const headers = [
      { name: "X-Key-Id", value: keyId },
      { name: "X-Timestamp", value: seconds },
      { name: settings.options.header ?? "X-Signature", value: signature },
    ];
    return { headers };
  }
}

module.exports = { type, schema, validate, Signature, Fault };
