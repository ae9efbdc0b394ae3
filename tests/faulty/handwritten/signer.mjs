// An adapter in Node, right with the argument `none` and wrong in one way with another.
// usage: node signer.mjs none|FAULT
import { createHash, createSign } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

process.env.TZ = "UTC";
const NAMES = "(request-target) date digest";
const sha256 = (data) => createHash("sha256").update(data).digest();
const quoted = (text) => `"${text.replace(/["\\]/g, "\\$&")}"`;

// The right procedure, one function a step.
const right = {
  digest: (body) => "SHA-256=" + sha256(body).toString("base64"),
  date: (date) => date,
  requestLine: (order) => `(request-target): ${order.method.toLowerCase()} ${order.target}`,
  signingString: (lines) => lines.join("\n"),
  signature: (text, key) => createSign("RSA-SHA256").update(text).sign(key, "base64"),
  keyId: (order) => order.key_id,
};

// What each faulty signer does instead, one step each.
const faults = {
  none: {},
  "json-stringify": {
    digest: (body) => {
      try {
        return right.digest(JSON.stringify(JSON.parse(body.toString())));
      } catch {
        return right.digest(body);
      }
    },
  },
  "body-to-string": { digest: (body) => right.digest(body.toString()) },
  "digest-to-string": {
    digest: (body) => "SHA-256=" + Buffer.from(sha256(body).toString()).toString("base64"),
  },
  "digest-not-encoded": { digest: (body) => `SHA-256=${sha256(body)}` },
  "date-to-string": { date: (date) => new Date(date).toString() },
  pathname: {
    requestLine: (order) =>
      right.requestLine({ ...order, target: new URL("http://host" + order.target).pathname }),
  },
  "decode-uri": {
    requestLine: (order) => right.requestLine({ ...order, target: decoded(order.target) }),
  },
  "line-to-lower-case": { requestLine: (order) => right.requestLine(order).toLowerCase() },
  "array-to-string": { signingString: (lines) => `${lines}` },
  "rsa-sha1": {
    signature: (text, key) => createSign("RSA-SHA1").update(text).sign(key, "base64"),
  },
  "hex-signature": {
    signature: (text, key) => createSign("RSA-SHA256").update(text).sign(key, "hex"),
  },
  "signature-not-encoded": {
    signature: (text, key) => `${createSign("RSA-SHA256").update(text).sign(key)}`,
  },
  "signature-in-latin1": {
    signature: (text, key) => createSign("RSA-SHA256").update(text).sign(key, "latin1"),
  },
  "digest-in-latin1": { digest: (body) => "SHA-256=" + sha256(body).toString("latin1") },
  "promise-not-awaited": {
    signature: (text, key) => `${(async () => right.signature(text, key))()}`,
  },
  "undefined-key-id": { keyId: (order) => String(order.keyId) },
};

function decoded(target) {
  try {
    return decodeURI(target);
  } catch {
    return target;
  }
}

function sign(order, step) {
  const date = step.date(order.date);
  const digest = step.digest(Buffer.from(order.body_b64, "base64"));
  const text = step.signingString([step.requestLine(order), `date: ${date}`, `digest: ${digest}`]);
  const signature = step.signature(text, readFileSync(order.key_file));
  const value =
    `keyId=${quoted(step.keyId(order))},algorithm="rsa-sha256",` +
    `headers="${NAMES}",signature="${signature}"`;
  const carrier =
    order.place === "authorization" ? ["Authorization", `Signature ${value}`] : ["Signature", value];
  return { headers: [["Date", date], ["Digest", digest], carrier] };
}

function answer(order, step) {
  if (order.op === "hello") {
    const can = ["sign", "clock", "keys"];
    return { ok: { protocol: 1, name: "handwritten-node", language: "javascript", can } };
  }
  if (order.op === "sign") return { ok: sign(order, step) };
  return { unsupported: { message: "only sign" } };
}

const fault = faults[process.argv[2]];
if (!fault) {
  console.error(`which fault? one of ${Object.keys(faults).join(", ")}`);
  process.exit(2);
}
for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  if (order.op === "bye") process.exit(0);
  console.log(JSON.stringify({ id: order.id, ...answer(order, { ...right, ...fault }) }));
}
