// How to send a first request: shown where no request is chosen.

/** Return `text` as one word of a POSIX shell. */
function quoted(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Return the lines of a shell that send a first request. */
function firstRequest({ base_url, ca_file, demo_files: files }) {
  const lines = [`curl --cacert ${quoted(ca_file)}`];
  if (files.tls_certificate) {
    lines.push(
      `--cert ${quoted(files.tls_certificate)} --key ${quoted(files.tls_key)}`,
      `--header "Subscription-Key: $(cat ${quoted(files.subscription_key)})"`,
    );
  }
  return [...lines, quoted(`${base_url}/ping`)].join(" \\\n  ");
}

/** Return the command that prints the configuration of the sandbox as it runs. */
function printConfig({ base_url, ca_file }) {
  const port = new URL(base_url).port;
  const directory = ca_file.replace(/[\\/][^\\/]*$/, "");
  return `lendico-conformance sandbox --port ${port} --directory ${quoted(directory)} --print-config=shell`;
}

function command(text, label) {
  return element("div", { class: "command" }, element("pre", { tabindex: "0" }, plain(text, 4000).replaceAll("\\n", "\n")), copyButton(text, `Copy ${label}`));
}

function fact(name, value) {
  return [element("dt", {}, name), element("dd", {}, element("code", {}, plain(value)), copyButton(value, `Copy ${name}`))];
}

/** Return what to do to see a request here. */
function reachingView(sandbox, hasEntries) {
  const title = hasEntries ? "How to reach the sandbox" : "Send the first request";
  return element(
    "div", { class: "reaching" },
    element("h2", {}, title),
    element("p", {}, hasEntries
      ? "Choose a request to see what it was, what is wrong with it and what mends it."
      : "Each request shows up here as it comes, with what is wrong with it and what mends it."),
    section("Point your client here",
      element("dl", { class: "facts" },
        ...fact("base URL", sandbox.base_url),
        ...fact("CA to trust", sandbox.ca_file),
        ...sandbox.client_ids.flatMap((id) => fact("client id", id)))),
    section("Try it with curl",
      element("p", {}, "It is answered with 401, since it has neither token nor signature, and explained here."),
      command(firstRequest(sandbox), "the curl command")),
    section("Everything as variables of a shell",
      element("p", {}, "Addresses, certificates, keys and credentials; with --print-config alone as conformance.toml."),
      command(printConfig(sandbox), "the command")),
  );
}
