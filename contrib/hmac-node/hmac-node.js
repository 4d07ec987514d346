#!/usr/bin/env node
// A connection provider in JavaScript, written against the protos alone: sdk/README.md has the rest of the protocol.
"use strict";

const path = require("node:path");
const provider = require("./provider.js");

const about = { name: "hmac-node", version: "1.0.0" };
const minor = 2; // the protocol that this was written for
const frame = 4 << 20; // the largest message, in bytes

// serve speaks to the host that started the process.
function serve() {
  const grpc = require("@grpc/grpc-js");
  const loader = require("@grpc/proto-loader");
  const loaded = loader.loadSync(
    ["hookstep/plugin/v1/plugin.proto", "hookstep/connection/v1/connection.proto", path.join(__dirname, "health.proto")],
    { includeDirs: [path.join(__dirname, "../../sdk/proto")], keepCase: true, longs: String, enums: String, defaults: true, oneofs: true },
  );
  const { hookstep, grpc: { health } } = grpc.loadPackageDefinition(loaded);

  // The lifeline: when it ends, the host is gone.
  process.stdin.on("end", () => process.exit(0)).on("error", () => process.exit(0)).resume();

  const server = new grpc.Server({ "grpc.max_receive_message_length": frame, "grpc.max_send_message_length": frame });
  server.addService(health.v1.Health.service, { Check: (call, answer) => answer(null, { status: "SERVING" }) });
  server.addService(hookstep.plugin.v1.Plugin.service, {
    Describe: (call, answer) => answer(null, { ...about, protocol: minor, provider: true }),
    Stop: (call, answer) => {
      answer(null, {});
      server.tryShutdown(() => process.exit(0)); // what runs comes to its end
    },
  });
  server.addService(hookstep.connection.v1.Provider.service, {
    Describe: unary(() => ({ types: [provider.type] })),
    Schema: unary(provider.schema),
    Validate: unary(provider.validate),
    Apply: apply,
    // What no type here does is left out: UNIMPLEMENTED says so.
  });

  const socket = path.join(process.env.PLUGIN_UNIX_SOCKET_DIR, "hmac");
  server.bindAsync(`unix:${socket}`, grpc.ServerCredentials.createInsecure(), (error) => {
    if (error) throw error;
    process.stdout.write(`1|1|unix|${socket}|grpc|\n`);
  });
}

// unary answers a call of one message with what work gives, or with a fault.
function unary(work) {
  return (call, answer) => answer(null, attempt(() => work(call.request)));
}

// apply takes a request in parts.
function apply(call, answer) {
  let signature;
  let failed;
  call.on("data", (message) => {
    failed ??= attempt(() => {
      if (message.part === "head") signature = new provider.Signature(message.head);
      else signature.add(message.body);
    })?.fault;
  });
  call.on("end", () => answer(null, failed ? { fault: failed } : attempt(() => signature.additions())));
  call.on("error", () => {}); // the host waits no longer
}

// attempt gives what work gives. The words of an error that is not ours may hold a secret, so they stay here.
function attempt(work) {
  try {
    return work();
  } catch (error) {
    return { fault: error.fault ?? { source: "engine", code: "internal", message: "a defect of the provider" } };
  }
}

// describe prints what the plugin is.
function describe() {
  const kinds = { KIND_MULTILINE: "multiline", KIND_PAIRS: "pairs" };
  const named = (input) => ({ ...input, kind: kinds[input.kind] ?? "text" });
  const { type } = provider;
  const shown = { ...type, token: "static", inputs: type.inputs.map(named), options: type.options.map(named) };
  process.stdout.write(`${JSON.stringify({ ...about, protocol: 1, minor, connections: [shown] }, null, 2)}\n`);
}

if (process.argv.at(-1) === "describe") {
  describe();
} else if (process.env.HOOKSTEP_PLUGIN !== "launched-by-a-hookstep-host") {
  process.stderr.write(`${about.name} is a Hookstep plugin: a host starts it. Try: hookstep plugins test ${process.argv[1]}\n`);
  process.exitCode = 1;
} else {
  serve();
}
