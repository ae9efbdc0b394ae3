// A client of the Partner API for Node 18 or later, without packages: it gets a token, pings and
// applies. Start the sandbox, then
//
//     eval "$(lendico-conformance sandbox --print-config=shell)"
//     node client.mjs
//
// It prints a line a request: name, status and body, with tabs between.

import { createHash, createPrivateKey, randomUUID, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";

const settings = new Proxy(process.env, {
  get(variables, name) {
    const value = variables[`PARTNER_API_${name}`];
    if (value !== undefined) return value;
    console.error(`PARTNER_API_${name} is not set: eval the lines of --print-config=shell first`);
    process.exit(2);
  },
});

// One agent keeps its connections: a TLS handshake costs more than many requests. `fetch` takes no
// client certificate without a package, so this is node:https.
const agent = new Agent({
  keepAlive: true,
  ca: readFileSync(settings.CA_FILE),
  cert: readFileSync(settings.TLS_CERTIFICATE),
  key: readFileSync(settings.TLS_KEY),
});
const signingKey = createPrivateKey(readFileSync(settings.SIGNING_KEY));
const base = new URL(settings.BASE_URL);
const file = process.env.PARTNER_API_APPLICATION ?? new URL("../application.json", import.meta.url);

/**
 * Returns Date, Digest and what Signature or Authorization carries. `target` is path and query after
 * the base address, as they are sent: the gateway's prefix is left out of what is signed.
 */
function signed(method, target, body) {
  const date = new Date().toUTCString();
  const digest = "SHA-256=" + createHash("sha256").update(body).digest("base64");
  // LF between the lines and none after the last.
  const signingString = [
    `(request-target): ${method.toLowerCase()} ${target}`,
    `date: ${date}`,
    `digest: ${digest}`,
  ].join("\n");
  const signature = sign("sha256", Buffer.from(signingString), signingKey).toString("base64");
  const parameters = [
    `keyId="${settings.CLIENT_ID}"`,
    'algorithm="rsa-sha256"',
    'headers="(request-target) date digest"',
    `signature="${signature}"`,
  ].join(",");
  return { date, digest, parameters };
}

/** Sends a request and resolves to { status, body }; nothing of the path is normalised. */
function send(method, path, headers, body) {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        agent,
        method,
        host: base.hostname,
        port: base.port || 443,
        path,
        timeout: 30_000,
        headers: {
          "Subscription-Key": settings.SUBSCRIPTION_KEY,
          ...(body.length ? { "Content-Length": body.length } : {}),
          ...headers,
        },
      },
      async (answer) => {
        try {
          const pieces = [];
          for await (const piece of answer) pieces.push(piece);
          resolve({ status: answer.statusCode, body: Buffer.concat(pieces).toString("utf8") });
        } catch (error) {
          reject(error);
        }
      },
    );
    sent.on("timeout", () => sent.destroy(new Error("no answer within 30 s")));
    sent.on("error", reject);
    sent.end(body);
  });
}

/** The token request has no token yet: its signature stands in Authorization. */
async function getToken() {
  const body = Buffer.from(
    new URLSearchParams({
      client_id: settings.CLIENT_ID,
      client_secret: settings.CLIENT_SECRET,
    }).toString(),
  );
  const { date, digest, parameters } = signed("POST", "/oauth2/token", body);
  const path = new URL(settings.TOKEN_URL).pathname;
  const answer = await send("POST", path, {
    Date: date,
    Digest: digest,
    Authorization: `Signature ${parameters}`,
    "Content-Type": "application/x-www-form-urlencoded",
  }, body);
  if (answer.status !== 200) throw new Error(`no token: ${answer.status} ${answer.body}`);
  return JSON.parse(answer.body).access_token;
}

async function call(token, method, target, more = {}, body = Buffer.alloc(0)) {
  const { date, digest, parameters } = signed(method, target, body);
  return send(method, base.pathname + target, {
    Date: date,
    Digest: digest,
    Signature: parameters,
    Authorization: `Bearer ${token}`,
    ...more,
  }, body);
}

function print(name, { status, body }) {
  console.log(`${name}\t${status}\t${body.replace(/[\r\n]+/g, " ")}`);
}

const token = await getToken();
print("token", { status: 200, body: "(kept secret)" });
print("ping", await call(token, "GET", "/ping"));
const json = { "Content-Type": "application/json", "Idempotency-Key": randomUUID() };
print("application", await call(token, "POST", "/applications", json, readFileSync(file)));
agent.destroy();
