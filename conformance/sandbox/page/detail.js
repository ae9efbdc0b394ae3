// One request in full: why, what to change, both signing strings, the answer, the rules, the octets.

/** Return the heading: status, method and target, then where it came from and when. */
function headingView(entry) {
  const { request, answer } = entry;
  const facts = [
    timeOf(entry, { long: true }),
    `from ${plain(entry.address)}`,
    entry.client_id ? `client ${plain(entry.client_id)}` : "client not known",
    entry.certificate_sha256
      ? element("span", { title: `SHA-256 ${entry.certificate_sha256}` }, `TLS certificate ${entry.certificate_sha256.slice(0, 12)}…`)
      : "no client certificate",
    `answered in ${entry.took_ms.toFixed(1)} ms`,
    `#${entry.number}`,
  ];
  return element("header", {},
    element("h2", { tabindex: "-1" },
      badgeOf({ ...entry, status: answer.status, broken: entry.judgement?.findings ?? [] }), " ",
      element("b", {}, plain(request.method, 40)), " ", element("span", { class: "path" }, plain(request.target, 8000))),
    element("ul", { class: "meta" }, ...facts.map((fact) => element("li", {}, fact))),
    entry.fault ? element("p", { class: "fault" }, `A fault was armed for this request: ${plain(entry.fault)}.`) : null);
}

/** Return a card that names a requirement, says what is wrong and what mends it. */
function card({ requirement, says, mend, sure, notes = [], tone = "bad" }, ...children) {
  const { title, level, source } = requirementOf(requirement);
  return element("div", { class: `card ${tone}` },
    element("p", { class: "says" }, requirement ? element("b", { class: tone }, requirement) : null, requirement ? " " : "", plain(says)),
    title ? element("p", { class: "quiet" }, `${level}: ${title}. ${source}`) : null,
    sure ? element("p", { class: "quiet" }, sure) : null,
    mend ? element("p", { class: "mend" }, element("b", {}, "What to change: "), plain(mend)) : null,
    ...notes.map((note) => element("p", { class: "quiet" }, plain(note))),
    ...children);
}

/** Return the card of a cause, with both octet strings where it has them. */
function causeCard(cause, tone) {
  const signed = ["signing string", "request target", "signature"].includes(cause.stage);
  const [expected, observed] = [fromBase64(cause.expected_b64), fromBase64(cause.observed_b64)];
  const compared = observed.length
    ? [
        element("h4", {}, signed ? "Signing string" : "As it should be, as it came"),
        comparison(expected, observed, signed ? "Signed" : "Sent"),
        cause.difference ? element("p", { class: "quiet" }, plain(cause.difference)) : null,
      ]
    : missing(expected);
  const notes = cause.same_as?.length ? [`${cause.same_as.join(", ")} would leave the same octets.`] : [];
  const sure = `${cause.proved ? "Proved: it reproduces the octets that were sent" : "Likely"} (${cause.mistake}).`;
  return card({ ...cause, sure, notes, tone }, ...compared);
}

/** Return what should have been there, where nothing was. */
function missing(expected) {
  if (!expected.length) return [];
  return [element("h4", {}, "Nothing came; it should have been"), octetBlock(expected, "Expected")];
}

/** Return the cards that say why: the refusal where no cause says it better, then each cause. */
function whyViews(entry) {
  const causes = entry.judgement?.causes ?? [];
  const reason = REFERENCE.reasons[entry.reasons[0]];
  const refused = entry.answer.status >= 400;
  const isTold = causes.some((cause) => cause.requirement === entry.requirement && cause.says === entry.diagnosis);
  const tone = refused ? "bad" : "warn";
  const views = [];
  if (!isTold && (reason || entry.diagnosis)) {
    const mend = requirementOf(entry.requirement).hint;
    views.push(card({ requirement: entry.requirement, says: entry.diagnosis || reason.says, mend, tone }));
  }
  if (!isTold && views.length && causes.length) views.push(element("h3", {}, "Wrong as well"));
  views.push(...causes.map((cause) => causeCard(cause, isTold ? tone : "warn")));
  const ruledOut = entry.judgement?.ruled_out ?? [];
  if (ruledOut.length) {
    views.push(element("div", { class: "card" }, element("p", {}, "What it is not:"),
      element("ul", {}, ...ruledOut.map((text) => element("li", {}, plain(text))))));
  }
  if (!views.length) views.push(nothingWrong(entry, refused));
  return views;
}

function nothingWrong(entry, refused) {
  if (entry.judgement === null) return card({ says: "Too many requests came at once to judge each: this one was answered, but not looked into.", tone: "warn" });
  if (entry.fault) return card({ says: "The answer is that of the armed fault.", tone: "warn" });
  if (refused) return card({ says: "Signed as it should be. It was refused for what it asks for: see the answer.", tone: "warn" });
  const held = entry.judgement.rules.filter((rule) => rule.result === "holds").length;
  return card({ says: `Nothing found wrong: ${held} of ${entry.judgement.rules.length} rules seen to hold.`, tone: "good" });
}

/** Return the signing string where no cause shows it, null where there is none. */
function stringView(judgement) {
  if (!judgement || judgement.signing_string_b64 === null) return null;
  const shown = judgement.causes.some((cause) => cause.expected_b64 === judgement.signing_string_b64 && cause.observed_b64);
  if (shown) return null;
  const string = fromBase64(judgement.signing_string_b64);
  const verified = judgement.rules.some((rule) => rule.requirement === "SIG-001" && rule.result === "holds");
  if (verified) return section("Signing string", element("p", { class: "quiet" }, "What was signed is what is expected, octet for octet."), comparison(string, string, "Signed"));
  return section("Signing string expected",
    element("p", { class: "quiet" }, "What was signed instead cannot be told from the signature."),
    octetBlock(string, "Signing string expected"));
}

function fieldLines(fields) {
  const pre = element("pre", { tabindex: "0", role: "region", "aria-label": "Header fields of the answer" });
  for (const [name, value] of fields) {
    pre.append(element("b", {}, plain(name)), ": ", plain(value), "\n");
  }
  return pre;
}

/** Return a body: JSON indented, anything else as it is. */
function bodyView(octets, label) {
  if (!octets.length) return element("p", { class: "quiet" }, "No body.");
  try {
    const indented = JSON.stringify(JSON.parse(utf8(octets)), null, 2);
    if (octets.length < 16384) return appendLines(element("pre", { class: "json", tabindex: "0", role: "region", "aria-label": label }), indented);
  } catch {
    // no JSON: shown as it is
  }
  return octetBlock(octets, label);
}

/** Append text whose line ends are our own, the unseen characters of each line as chips. */
function appendLines(parent, text) {
  text.split("\n").forEach((line, index) => {
    if (index) parent.append("\n");
    appendText(parent, line);
  });
  return parent;
}

/** Return the answer, and the promise of the documents behind it. */
function answerView(entry) {
  const { answer } = entry;
  const promise = REFERENCE.problems[entry.route] ?? REFERENCE.reasons[entry.reasons[0]]?.promises;
  const { text, source } = requirementOf(promise);
  return section("The answer given",
    text ? element("p", { class: "quiet" }, element("b", {}, promise), ` ${text} ${source}`) : null,
    element("p", {}, badgeOf({ ...entry, status: answer.status, broken: [] })),
    bodyView(fromBase64(answer.body_b64), "Body of the answer"),
    element("details", {}, element("summary", {}, counted(answer.headers.length, "header field")), fieldLines(answer.headers)));
}

/** Return the request as its octets came, secrets replaced. */
function requestView(entry) {
  const { request } = entry;
  const head = fromBase64(request.head_b64);
  const body = fromBase64(request.body_b64);
  const pre = element("pre", { tabindex: "0", role: "region", "aria-label": "Request line and header fields" });
  appendOctets(pre, head.subarray(0, 65536));
  return section("The request as sent",
    element("p", { class: "quiet" }, "Octet for octet; secrets are replaced by <redacted:…>."),
    pre,
    element("h4", {}, `Body, ${counted(body.length, "octet")}`),
    body.length ? octetBlock(body, "Body of the request") : element("p", { class: "quiet" }, "No body."));
}

function incidentView(entry) {
  return element("div", {},
    element("header", {},
      element("h2", { tabindex: "-1" }, badgeOf(entry), " ", "A connection without a request"),
      element("ul", { class: "meta" }, element("li", {}, timeOf(entry, { long: true })), element("li", {}, `from ${plain(entry.address)}`))),
    card({ says: entry.says }));
}

/** Return all there is to say of an entry. */
function detailView(entry) {
  if (isIncident(entry)) return incidentView(entry);
  const { judgement } = entry;
  const explained = new Set(judgement?.causes.map((cause) => cause.requirement));
  return element("div", {},
    headingView(entry),
    element("section", {}, element("h3", { class: "unseen" }, "Why, and what to change"), ...whyViews(entry)),
    stringView(judgement),
    answerView(entry),
    judgement ? rulesView(judgement, explained) : null,
    requestView(entry));
}
