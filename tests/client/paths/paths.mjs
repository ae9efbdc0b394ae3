// Sends each target with one library of Node: paths.mjs LIBRARY ADDRESS TARGET...

import http from "node:http";

const [library, address, ...targets] = process.argv.slice(2);
const { hostname: host, port } = new URL(address);
const agent = new http.Agent({ keepAlive: true });

function sent(...options) {
  return new Promise((resolve, reject) => {
    const request = http.request(...options, (answer) => answer.resume().on("end", resolve));
    request.on("error", reject).end();
  });
}

const libraries = {
  path: (target, headers) => sent({ agent, host, port, path: target, headers }),
  url: (target, headers) => sent(address + target, { agent, headers }),
  fetch: (target, headers) => fetch(address + target, { headers }).then((answer) => answer.text()),
};

for (const [number, target] of targets.entries()) {
  try {
    await libraries[library](target, { "X-Case": String(number) });
  } catch (error) {
    console.error(`${target}: ${error.message}`);
  }
}
process.exit(); // connections that are kept would hold it
