// Each rule with its result: broken ones first, in words as well as in colour.

const RESULTS = {
  broken: ["✕", "broken", "bad"],
  undetermined: ["?", "cannot tell", "warn"],
  holds: ["✓", "pass", "good"],
  silent: ["–", "not concerned", "quiet"],
};

/** Return one finding: what was expected, what was seen, what to do. */
function findingView(finding) {
  const rows = [
    ["expected", finding.expected],
    ["got", finding.observed],
    ["where", finding.difference],
    ["change", finding.hint],
  ].filter(([, text]) => text);
  return element("dl", { class: "finding" },
    ...rows.flatMap(([name, text]) => [element("dt", {}, name), element("dd", {}, plain(text))]));
}

/** Return the reason why a rule says nothing of the request; empty where it does. */
function whyNot(rule, judgement) {
  if (rule.result === "undetermined") return judgement.undetermined[rule.requirement] ?? "";
  if (rule.result === "silent") return `it speaks of ${REFERENCE.concerns[rule.requirement]}`;
  return "";
}

function ruleRow(rule, judgement, explained) {
  const [sign, word, tone] = RESULTS[rule.result];
  const { level } = requirementOf(rule.requirement);
  const why = whyNot(rule, judgement);
  const findings = judgement.findings.filter((finding) => finding.requirement === rule.requirement);
  const told = explained.has(rule.requirement)
    ? findings.length ? [element("p", { class: "quiet" }, "See above.")] : []
    : findings.map(findingView);
  return element("tr", {},
    element("td", { class: `result ${tone}` }, element("span", { "aria-hidden": "true" }, sign), ` ${word}`),
    element("th", { scope: "row" }, rule.requirement, element("span", { class: "level" }, level)),
    element("td", {}, plain(rule.says).replaceAll("`", ""), why ? element("p", { class: "quiet" }, why) : null, ...told));
}

/** Return the table of the rules; `explained` are requirements whose causes stand elsewhere. */
function rulesView(judgement, explained) {
  const order = Object.keys(RESULTS);
  const sorted = judgement.rules.toSorted((one, other) => order.indexOf(one.result) - order.indexOf(other.result));
  const counts = order
    .map((result) => [judgement.rules.filter((rule) => rule.result === result).length, RESULTS[result][1]])
    .filter(([count]) => count)
    .map(([count, word]) => `${count} ${word}`);
  return section("Rules",
    element("p", { class: "quiet" }, counts.join(" · ")),
    element("table", { class: "rules" },
      element("thead", { class: "unseen" },
        element("tr", {}, ...["Result", "Requirement", "What must hold"].map((text) => element("th", { scope: "col" }, text)))),
      element("tbody", {}, ...sorted.map((rule) => ruleRow(rule, judgement, explained)))));
}
