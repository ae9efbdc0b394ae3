// A conformance adapter for Node 18 or later, without packages. Run it with
//
//     lendico-conformance check -- node adapter.mjs
//
// It has a signer of its own, so it is READY as it stands. To test yours, replace the body of
// `sign` below by a call to it. The rest speaks the adapter protocol, version 1: one JSON object a
// line, requests on standard input, answers on standard output, words for people on standard error.

import { createHash, createPrivateKey, sign as signOctets } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

// ==== YOUR SIGNER ================================================================================

/**
 * Replace the body of this function by a call to your own signer; it may be `async`.
 *
 * @param {object} request
 * @param {string} request.method   GET, POST and so on, in upper case
 * @param {string} request.target   path and query to sign: never decode, encode or tidy it;
 *                                  `new URL` and `URLSearchParams` do all three
 * @param {string} request.url      the whole address, for a signer that takes that
 * @param {string} request.date     the date to sign and send, just as it is written
 * @param {Buffer} request.body     the octets to digest: never make a string of them
 * @param {string} request.keyId    the client id
 * @param {string} request.keyFile  the private key, PKCS#8 in PEM
 * @param {string} request.place    "signature", or "authorization" for the token request
 * @returns {{headers: [string, string][], signingString?: string}} the header fields in the order
 *     in which they are sent; and what was signed, if your signer tells
 */
function sign({ method, target, date, body, keyId, keyFile, place }) {
  const digest = "SHA-256=" + createHash("sha256").update(body).digest("base64");

  // LF between the lines and none after the last.
  const signingString = [
    `(request-target): ${method.toLowerCase()} ${target}`,
    `date: ${date}`,
    `digest: ${digest}`,
  ].join("\n");
  const signature = signOctets("sha256", Buffer.from(signingString), privateKey(keyFile));

  const parameters = [
    `keyId="${keyId.replace(/["\\]/g, "\\$&")}"`,
    'algorithm="rsa-sha256"',
    'headers="(request-target) date digest"',
    `signature="${signature.toString("base64")}"`,
  ].join(",");

  const headers = [
    ["Date", date],
    ["Digest", digest],
    place === "authorization"
      ? ["Authorization", `Signature ${parameters}`]
      : ["Signature", parameters],
  ];
  return { headers, signingString };
}

const keys = new Map();

/** Reads a key once; a signer that runs for long does not read its key for every request. */
function privateKey(file) {
  if (!keys.has(file)) keys.set(file, createPrivateKey(readFileSync(file)));
  return keys.get(file);
}

// ==== The adapter protocol =======================================================================

const hello = {
  protocol: 1,
  name: "example-node",
  version: "1.0",
  language: "javascript",
  can: ["sign", "clock", "keys"],
  max_in_flight: 4, // they queue on standard input and are answered one after the other
};

async function answerTo(request) {
  switch (request.op) {
    case "hello":
      return { ok: hello };
    case "sign": {
      const { headers, signingString } = await sign({
        method: request.method,
        target: request.target,
        url: request.url,
        date: request.date,
        body: Buffer.from(request.body_b64, "base64"),
        keyId: request.key_id,
        keyFile: request.key_file,
        place: request.place,
      });
      const said = signingString && Buffer.from(signingString).toString("base64");
      return { ok: { headers, signing_string_b64: said } };
    }
    default:
      return { unsupported: { message: `this adapter has no ${request.op}` } };
  }
}

/** Reads one request, or returns null when the line is none. */
function readRequest(line) {
  try {
    const request = JSON.parse(line);
    return typeof request.id === "string" && typeof request.op === "string" ? request : null;
  } catch {
    return null;
  }
}

console.log = console.info = console.debug = console.error; // standard output is for answers

for await (const line of createInterface({ input: process.stdin })) {
  const request = readRequest(line);
  if (request === null) {
    console.error("adapter.mjs: this is no request of the adapter protocol:");
    console.error(JSON.stringify(line.slice(0, 200)));
    process.exitCode = 1;
    break;
  }
  if (request.op === "bye") break;
  let answer;
  try {
    answer = await answerTo(request);
  } catch (error) {
    answer = { error: { message: String(error.message ?? error), trace: String(error.stack) } };
  }
  process.stdout.write(JSON.stringify({ id: request.id, ...answer }) + "\n");
}
process.stdin.destroy(); // else an open standard input keeps the process alive after `bye`
