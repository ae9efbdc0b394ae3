// Octets as people can tell them apart: line ends, tabs, spaces at a line's end, what is not ASCII.

const OCTET_NAMES = new Map([
  [0x00, ["\\0", "NUL"]],
  [0x09, ["\\t", "tab"]],
  [0x0a, ["\\n", "line feed"]],
  [0x0d, ["\\r", "carriage return"]],
  [0x20, ["·", "space"]],
]);

/** Return the octets that Base64 stands for. */
function fromBase64(text) {
  return Uint8Array.from(atob(text ?? ""), (character) => character.charCodeAt(0));
}

/** Return a mark that stands for something unseen, read aloud by its name. */
function chip(text, name) {
  return element("span", { class: "chip", role: "img", "aria-label": name, title: name }, text);
}

function octetChip(octet) {
  const code = octet.toString(16).padStart(2, "0");
  const [text, name] = OCTET_NAMES.get(octet) ?? [`\\x${code}`, `octet ${code}`];
  return chip(text, name);
}

/** Tell whether the space at `index` would be overlooked: at the edge of a line, or beside another. */
function isOverlooked(octets, index) {
  const edges = [undefined, 0x0a, 0x0d, 0x20];
  return edges.includes(octets[index - 1]) || edges.includes(octets[index + 1]);
}

/**
 * Append `octets` to `parent`, one text node a run of printable ones. `marked` is the index of
 * the octet to mark, -1 for none; a line feed is shown and breaks the line where `breaks`.
 */
function appendOctets(parent, octets, { marked = -1, breaks = true } = {}) {
  let run = "";
  const flush = () => {
    if (run) parent.append(run);
    run = "";
  };
  octets.forEach((octet, index) => {
    const printable = octet > 0x20 && octet < 0x7f;
    const space = octet === 0x20 && index !== marked && !isOverlooked(octets, index);
    const isMarked = index === marked;
    if ((printable || space) && !isMarked) {
      run += String.fromCharCode(octet);
      return;
    }
    flush();
    const shown = printable ? String.fromCharCode(octet) : octetChip(octet);
    parent.append(isMarked ? element("mark", {}, shown) : shown);
    if (octet === 0x0a && breaks) run = "\n";
  });
  flush();
  return parent;
}

/** Return the text that `octets` are in UTF-8; null when they are none. */
function utf8(octets) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    return null;
  }
}

/** Append `text` to `parent`, each unseen character as a chip. */
function appendText(parent, text) {
  let from = 0;
  for (const found of text.matchAll(UNSEEN)) {
    parent.append(text.slice(from, found.index));
    const code = found[0].codePointAt(0);
    const name = OCTET_NAMES.get(code)?.[1] ?? `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
    parent.append(chip(escapeOf(found[0]), name));
    if (found[0] === "\n") parent.append("\n");
    from = found.index + found[0].length;
  }
  parent.append(text.slice(from));
  return parent;
}

/** Return octets in a block: as UTF-8 text where they are such, a bounded number of them. */
function octetBlock(octets, label, limit = 16384) {
  const pre = element("pre", { tabindex: "0", role: "region", "aria-label": label });
  const begins = octets.subarray(0, limit);
  const text = octets.length > limit ? null : utf8(begins);
  if (text === null) appendOctets(pre, begins);
  else appendText(pre, text);
  if (octets.length <= limit) return pre;
  const more = `The first ${limit.toLocaleString("en")} of ${counted(octets.length, "octet")} are shown.`;
  return element("div", {}, pre, element("p", { class: "quiet" }, more));
}
