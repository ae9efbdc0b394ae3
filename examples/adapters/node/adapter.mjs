// A conformance adapter for Node 18 or later, without packages. Run it with
//
//     lendico-conformance check -- node adapter.mjs
//
// It has a signer and a client of its own, so it is READY as it stands. To test yours, replace the
// body of `sign` below by a call to your signer, and that of `send` by a call to your client. The
// rest speaks the adapter protocol, version 1: one JSON object a line, requests on standard input,
// answers on standard output, words for people on standard error.

import { createHash, createPrivateKey, randomUUID, sign as signOctets } from "node:crypto";
import { readFileSync } from "node:fs";
import { Agent, request as httpsRequest } from "node:https";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

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

// ==== YOUR CLIENT ================================================================================

/**
 * Replace the body of this function by a call to your own client.
 *
 * @param {object} order                   all texts, but for `body`
 * @param {string} order.method            GET, POST and so on, in upper case
 * @param {string} order.target            path and query below base_url, to be sent as they are
 * @param {Buffer} order.body
 * @param {string} order.base_url          where the API is; its path is left out of what is signed
 * @param {string} order.token_url
 * @param {string} order.ca_file           the authorities to trust; this and the files below: PEM
 * @param {string} order.tls_cert_file     presented in the TLS handshake
 * @param {string} order.tls_key_file
 * @param {string} order.sign_key_file     the private key that signs
 * @param {string} order.client_id
 * @param {string} order.client_secret
 * @param {string} order.subscription_key
 * @param {string} order.deadline_ms       how long the call may take, token and retries together
 * @returns {Promise<{outcome: string, status?: number, attempts?: number, waited_ms?: number}>}
 *     `success`, `api_error`, `transport_error` or `gave_up`, and what else is known
 */
function send(order) {
  return clientOf(order).send(order, now() + Number(order.deadline_ms));
}

class Lost extends Error {} // the connection ended before the answer was whole
class Late extends Error {} // the deadline has passed

/**
 * One partner at one address. `node:https` sends a path as it is and follows no redirect, so that
 * no credential leaves for another host; `new URL` and `fetch` tidy the path after it was signed,
 * and `fetch` takes no client certificate without a package.
 */
class Client {
  #order; #base; #tokenAt; #agent;
  #token = null;
  #fetching = null;
  #nextTurn = 0;

  constructor(order) {
    this.#order = order;
    this.#base = address(order.base_url);
    this.#tokenAt = address(order.token_url);
    this.#agent = new Agent({
      keepAlive: true,
      ca: readFileSync(order.ca_file),
      cert: readFileSync(order.tls_cert_file),
      key: readFileSync(order.tls_key_file),
      minVersion: "TLSv1.2",
    });
  }

  /** Makes a whole call that ends at the moment `ends`, and says what became of it. */
  async send({ method, target, body }, ends) {
    const fields = body.length ? { "Content-Type": "application/json" } : {};
    if (method === "POST" && target.split("?")[0] === "/applications") {
      fields["Idempotency-Key"] = randomUUID(); // one an application, kept in retries
    }
    const repeatable = method === "GET" || "Idempotency-Key" in fields;
    const spent = new Set(); // each reason to try again counts once: no loop
    const told = { attempts: 0, waited_ms: 0 };
    for (;;) {
      let answer, again, token;
      try {
        token = await this.#tokenNow(ends);
        told.attempts += 1;
        answer = await this.#exchange(this.#base, method, this.#base.path + target, body, {
          ...fields, Authorization: `Bearer ${token.text}`,
        }, ends);
        told.status = answer.status;
        again = whyAgain(answer, repeatable);
      } catch (error) {
        if (error.answer) return { ...told, outcome: "api_error", status: error.answer.status };
        if (error instanceof Late) return { ...told, outcome: "gave_up" };
        if (!(error instanceof Lost)) {
          console.error(`no connection: ${error.message}`); // nobody there, or not to be trusted
          return { ...told, outcome: "transport_error" };
        }
        if (repeatable) again = { reason: "lost", wait: 1000 };
      }
      if (!again || spent.has(again.reason)) return { ...told, outcome: outcomeOf(answer) };
      if (now() + again.wait >= ends) return { ...told, outcome: "gave_up" };
      spent.add(again.reason);
      if (again.reason === "token" && this.#token === token) this.#token = null;
      await sleep(again.wait);
      told.waited_ms += again.wait;
    }
  }

  /** Ends the connections that are kept. */
  close() {
    this.#agent.destroy();
  }

  /** Returns the token, a new one where it is missing or expired; one request serves all calls. */
  async #tokenNow(ends) {
    if (this.#token && now() < this.#token.ends) return this.#token;
    this.#fetching ??= this.#newToken(ends).finally(() => { this.#fetching = null; });
    return (this.#token = await this.#fetching);
  }

  async #newToken(ends) {
    const form = new URLSearchParams({
      client_id: this.#order.client_id, client_secret: this.#order.client_secret,
    });
    const answer = await this.#exchange(
      this.#tokenAt, "POST", this.#tokenAt.path, Buffer.from(form.toString()),
      { "Content-Type": "application/x-www-form-urlencoded" }, ends,
    );
    const { access_token: text, expires_in: lasts } = jsonOf(answer.body);
    if (typeof text !== "string" || text === "") {
      throw Object.assign(new Error("the answer holds no token"), { answer });
    }
    // Less a margin: it must still be good when the request arrives.
    return { text, ends: now() + (lasts - Math.min(30, lasts / 10)) * 1000 };
  }

  /** Sends one request, dated and signed now; without a token, it is the one for a token. */
  async #exchange({ host, port }, method, path, body, fields, ends) {
    const turn = Math.max(now(), this.#nextTurn);
    this.#nextTurn = turn + 40; // 25 a second, since 30 are allowed
    if (turn >= ends) throw new Late();
    await sleep(turn - now());
    const signed = sign({
      method,
      target: path.startsWith(this.#base.path + "/") ? path.slice(this.#base.path.length) : path,
      date: new Date().toUTCString(),
      body,
      keyId: this.#order.client_id,
      keyFile: this.#order.sign_key_file,
      place: fields.Authorization ? "signature" : "authorization",
    });
    const headers = {
      "Subscription-Key": this.#order.subscription_key,
      ...fields,
      ...Object.fromEntries(signed.headers),
      ...(body.length ? { "Content-Length": body.length } : {}),
    };
    return new Promise((resolve, reject) => {
      let connected = false;
      const sent = httpsRequest({ agent: this.#agent, host, port, method, path, headers });
      const timer = setTimeout(() => sent.destroy(new Late()), ends - now());
      const fail = (error) => {
        clearTimeout(timer);
        reject(connected && !(error instanceof Late) ? new Lost(error.message) : error);
      };
      sent.on("socket", (socket) => {
        if (sent.reusedSocket) connected = true;
        else socket.once("secureConnect", () => { connected = true; });
      });
      sent.on("error", fail);
      sent.on("response", async (answer) => {
        try {
          const pieces = [];
          for await (const piece of answer) pieces.push(piece);
          clearTimeout(timer);
          const whole = Buffer.concat(pieces).toString("utf8");
          resolve({ status: answer.statusCode, headers: answer.headers, body: whole });
        } catch (error) {
          fail(sent.errored ?? error);
        }
      });
      sent.end(body);
    });
  }
}

const now = () => performance.now(); // milliseconds that no change of the clock disturbs
const clients = new Map();

/** Returns the client of a partner, which keeps its token and its connections. */
function clientOf(order) {
  const { id, method, target, body, body_b64, headers, deadline_ms, ...partner } = order;
  const name = JSON.stringify(partner);
  if (!clients.has(name)) clients.set(name, new Client(order));
  return clients.get(name);
}

/** Takes an address apart; there is no way but TLS. */
function address(url) {
  const found = /^https:\/\/([^/:]+|\[[^\]]+\])(?::(\d+))?(.*)$/.exec(url);
  if (!found) throw new Error(`${url} is no https address`);
  const [, host, port, path] = found;
  return { host: host.replace(/[[\]]/g, ""), port: port ?? 443, path: path.replace(/\/$/, "") };
}

/** Reads an object, or an empty one where there is none: a body may be a page, or nothing. */
function jsonOf(text) {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

/**
 * Returns why a request may be sent again, and after how many milliseconds; undefined when it may
 * not: a 400, a 403, and a 401 for anything but the token stay what they are.
 */
function whyAgain({ status, headers, body }, repeatable) {
  const problem = jsonOf(body);
  const title = String(problem.title).toLowerCase();
  const retryAfter = secondsOf(headers["retry-after"]);
  if (status === 401 && title.replace(/\.$/, "") === "unauthorized") {
    const ofDate = String(problem.detail).includes("Date header");
    return ofDate ? undefined : { reason: "token", wait: 0 };
  }
  if (status === 429 && !title.includes("crefo")) {
    const wait = secondsOf(headers["ratelimit-reset"]) ?? retryAfter ?? 60;
    return { reason: "throttled", wait: Math.max(wait, 1) * 1000 };
  }
  if (status === 503 && repeatable && retryAfter !== undefined) {
    return { reason: "unavailable", wait: Math.max(retryAfter, 1) * 1000 };
  }
  return undefined;
}

function secondsOf(text) {
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

/** Returns what a call comes to; a page in HTML is no answer of the API. */
function outcomeOf(answer) {
  if (!answer) return "transport_error";
  const page = (answer.headers["content-type"] ?? "").includes("html");
  return answer.status >= 200 && answer.status < 300 && !page ? "success" : "api_error";
}

// ==== The adapter protocol =======================================================================

const hello = {
  protocol: 1,
  name: "example-node",
  version: "1.0",
  language: "javascript",
  can: ["sign", "send", "clock", "keys"],
  max_in_flight: 8, // signing queues on standard input; as many calls run at once
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
    case "send":
      return { ok: await send({ ...request, body: Buffer.from(request.body_b64, "base64") }) };
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

async function answer(request) {
  let answer;
  try {
    answer = await answerTo(request);
  } catch (error) {
    answer = { error: { message: String(error.message ?? error), trace: String(error.stack) } };
  }
  process.stdout.write(JSON.stringify({ id: request.id, ...answer }) + "\n");
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
  const answered = answer(request);
  if (request.op !== "send") await answered; // calls take their time, and run side by side
}
process.stdin.destroy(); // else an open standard input keeps the process alive after `bye`
for (const client of clients.values()) client.close(); // and so do connections that are kept
