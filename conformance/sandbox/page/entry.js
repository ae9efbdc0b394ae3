// What an entry of the record is, in a few words.

const REFERENCE = JSON.parse(document.getElementById("reference").textContent);

/** Return a requirement of the catalogue; an empty one where it is not known. */
function requirementOf(id) {
  return REFERENCE.requirements[id] ?? { title: "", level: "", text: "", hint: "", source: "" };
}

const isIncident = (entry) => entry.kind === "incident";
const isRefused = (entry) => isIncident(entry) || entry.status >= 400;
const hasFindings = (entry) => !isIncident(entry) && entry.broken.length > 0;

const FILTERS = {
  all: () => true,
  refused: isRefused,
  passed: (entry) => !isRefused(entry),
  findings: hasFindings,
};

/** Return how an entry ended, for its colour. */
function toneOf(entry) {
  if (isRefused(entry)) return "bad";
  return hasFindings(entry) ? "warn" : "good";
}

/** Return what to say of an entry in one line. */
function wordsOf(entry) {
  if (isIncident(entry)) return `no request: ${entry.says}`;
  return entry.diagnosis || (entry.status >= 400 ? entry.answer : "") || (entry.fault ? "" : "nothing found wrong");
}

/** Return all of an entry that a search looks at, in lower case. */
function searchedOf(entry) {
  const parts = isIncident(entry)
    ? ["incident", entry.says]
    : [entry.status, entry.method, entry.target, entry.requirement, wordsOf(entry), entry.route, entry.fault, ...entry.broken];
  return [`#${entry.number}`, entry.address, ...parts].filter(Boolean).join(" ").toLowerCase();
}

/** Return the time of day, in UTC as the terminal shows it, as an element. */
function timeOf(entry, { long = false } = {}) {
  const moment = new Date(entry.at).toISOString();
  const text = long ? `${moment.slice(0, 10)} ${moment.slice(11, 23)} UTC` : moment.slice(11, 19);
  return element("time", { datetime: entry.at, title: `${moment} (UTC)` }, text);
}

/** Return the badge with the status. */
function badgeOf(entry) {
  return element("span", { class: `badge ${toneOf(entry)}` }, isIncident(entry) ? "—" : String(entry.status));
}
