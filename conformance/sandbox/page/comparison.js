// Two octet strings side by side, line by line, the first difference marked in both.

const COMPARED = 8192;
const BEFORE = 1024;

/** Return the index of the first octet in which the two differ; -1 when they are the same. */
function firstDifference(expected, observed) {
  const length = Math.max(expected.length, observed.length);
  for (let index = 0; index < length; index += 1) {
    if (expected[index] !== observed[index]) return index;
  }
  return -1;
}

/** Return `octets` as lines, each with the line feed that ends it. */
function linesOf(octets) {
  const lines = [];
  let from = 0;
  while (from < octets.length) {
    const end = octets.indexOf(0x0a, from);
    const next = end < 0 ? octets.length : end + 1;
    lines.push({ from, octets: octets.subarray(from, next) });
    from = next;
  }
  return lines.length ? lines : [{ from: 0, octets }];
}

/** Return the cell of one line; `at` is the offset of the difference, `ends` of the string's end. */
function lineCell(label, line, at, ends) {
  const cell = element("td", { "data-label": label });
  if (!line) return cell;
  const marked = at - line.from;
  const inside = marked >= 0 && marked < line.octets.length;
  appendOctets(cell, line.octets, { marked: inside ? marked : -1, breaks: false });
  if (at === ends && line.from + line.octets.length === ends) {
    cell.append(element("mark", { class: "end" }, "ends here"));
  }
  return cell;
}

/** Return a table that compares the two; `label` names what was observed. */
function comparison(expected, observed, label) {
  const at = firstDifference(expected, observed);
  const skipped = Math.max(expected.length, observed.length) > COMPARED ? Math.max(0, at - BEFORE) : 0;
  const [left, right] = [expected, observed].map((all) => all.subarray(skipped, skipped + COMPARED));
  const [leftLines, rightLines] = [linesOf(left), linesOf(right)];
  const rows = element("tbody");
  for (let index = 0; index < Math.max(leftLines.length, rightLines.length); index += 1) {
    const cells = [
      lineCell("Expected", leftLines[index], at - skipped, left.length),
      lineCell(label, rightLines[index], at - skipped, right.length),
    ];
    const differs = cells.some((cell) => cell.querySelector("mark"));
    const number = element("th", { scope: "row" }, String(index + 1));
    rows.append(element("tr", { class: differs ? "differs" : null }, number, ...cells));
  }
  const head = element(
    "thead", {},
    element("tr", {},
      element("th", { scope: "col" }, element("span", { class: "unseen" }, "Line")),
      element("th", { scope: "col" }, "Expected"),
      element("th", { scope: "col" }, label)),
  );
  const table = element("table", { class: "compared" }, head, rows);
  if (!skipped) return table;
  return element("div", {}, element("p", { class: "quiet" }, `After ${counted(skipped, "octet")} that are the same:`), table);
}
