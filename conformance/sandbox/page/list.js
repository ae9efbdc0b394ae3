// The list: newest first, bounded, filtered, and one of it chosen.

const MOST_ROWS = 1000;
const PAGE_STEP = 10;

const list = {
  rows: document.getElementById("rows"),
  none: document.getElementById("none"),
  search: document.getElementById("search"),
  entries: new Map(),
  last: 0,
  filter: "all",
  chosen: null,
  onChoose: () => {},

  /** Put entries in, whatever their order; those that are there already are left alone. */
  add(entries) {
    const fresh = entries.filter((entry) => !this.entries.has(entry.number));
    fresh.sort((one, other) => other.number - one.number);
    const made = fresh.map((entry) => {
      const kept = { entry, searched: searchedOf(entry), row: rowOf(entry) };
      this.entries.set(entry.number, kept);
      this.last = Math.max(this.last, entry.number);
      kept.row.hidden = !this.shows(kept);
      return kept.row;
    });
    this.rows.prepend(...made);
    while (this.entries.size > MOST_ROWS) {
      const oldest = Math.min(...this.entries.keys());
      this.entries.get(oldest).row.remove();
      this.entries.delete(oldest);
    }
    if (made.length) this.count();
    return fresh;
  },

  shows({ entry, searched }) {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    return FILTERS[this.filter](entry) && words.every((word) => searched.includes(word));
  },

  /** Show what the filter and the search let through. */
  refresh() {
    for (const kept of this.entries.values()) kept.row.hidden = !this.shows(kept);
    this.count();
  },

  /** Say how many there are of each kind, and when there is nothing to see. */
  count() {
    const kept = [...this.entries.values()];
    for (const input of document.querySelectorAll("#filters input")) {
      const number = kept.filter(({ entry }) => FILTERS[input.value](entry)).length;
      input.parentElement.querySelector("b").textContent = String(number);
    }
    const nothing = kept.every(({ row }) => row.hidden);
    this.none.hidden = !nothing;
    this.none.textContent = kept.length ? "No request is like that." : "No request has come yet.";
  },

  /** Choose the entry of that number, null for none. */
  choose(number) {
    if (number !== null && !this.entries.has(number)) return;
    this.mark(this.chosen, "false");
    this.chosen = number;
    this.mark(number, "true");
    if (number === null) this.rows.removeAttribute("aria-activedescendant");
    else {
      this.rows.setAttribute("aria-activedescendant", `entry-${number}`);
      this.entries.get(number).row.scrollIntoView({ block: "nearest" });
    }
    this.onChoose(number);
  },

  mark(number, selected) {
    this.entries.get(number)?.row.setAttribute("aria-selected", selected);
  },

  /** Move the choice by so many rows among those shown; infinities are the ends. */
  move(by) {
    const shown = [...this.rows.children].filter((row) => !row.hidden);
    if (!shown.length) return;
    const now = shown.findIndex((row) => row.getAttribute("aria-selected") === "true");
    const next = now < 0 && by > 0 ? by - 1 : now + by;
    const row = shown[Math.max(0, Math.min(shown.length - 1, next))];
    this.choose(Number(row.dataset.number));
  },
};

/** Return the row of an entry: status, method and path; then requirement and cause. */
function rowOf(entry) {
  const what = isIncident(entry)
    ? element("span", { class: "path" }, plain(entry.address))
    : element("span", { class: "path" }, element("b", {}, plain(entry.method, 20)), ` ${plain(entry.target, 200)}`);
  return element(
    "li",
    {
      role: "option", id: `entry-${entry.number}`, class: "row",
      "data-number": entry.number, "aria-selected": "false",
    },
    badgeOf(entry), " ", what, " ", timeOf(entry),
    element("span", { class: "why" },
      entry.fault ? element("span", { class: "fault" }, `armed fault: ${plain(entry.fault)}`) : null,
      entry.requirement ? element("b", { class: toneOf(entry) }, entry.requirement) : null,
      entry.requirement ? " " : "",
      plain(wordsOf(entry), 300)),
  );
}

const STEPS = {
  ArrowDown: 1, ArrowUp: -1, PageDown: PAGE_STEP, PageUp: -PAGE_STEP, Home: -Infinity, End: Infinity,
};

list.rows.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || !(event.key in STEPS)) return;
  event.preventDefault();
  list.move(STEPS[event.key]);
});

list.rows.addEventListener("click", (event) => {
  const row = event.target.closest(".row");
  if (row && !String(getSelection())) list.choose(Number(row.dataset.number));
});

list.search.addEventListener("input", () => list.refresh());

document.getElementById("filters").addEventListener("change", (event) => {
  list.filter = event.target.value;
  list.refresh();
});
