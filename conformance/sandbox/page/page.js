// The page at work: the token, the live list, the chosen request, the keys.

const page = {
  detail: document.getElementById("detail"),
  gate: document.getElementById("gate"),
  how: document.getElementById("how"),
  live: document.getElementById("live"),
  panes: document.getElementById("panes"),
  news: document.getElementById("news"),
  follow: document.getElementById("follow"),
  sandbox: null,
  waiting: [],
  asked: new AbortController(),

  say(state, words) {
    if (this.live.dataset.state === state) return;
    this.live.dataset.state = state;
    this.live.textContent = words;
  },

  /** Take entries as they come; they are put into the list once a frame. */
  take(entries) {
    if (!this.waiting.length) requestAnimationFrame(() => this.flush());
    this.waiting.push(...entries);
    if (!entries.length && !list.entries.size) this.show(null);
  },

  flush() {
    const isFirst = !list.entries.size;
    const fresh = list.add(this.waiting);
    this.waiting = [];
    if (!fresh.length) return;
    if (!isFirst) this.news.textContent = `${counted(fresh.length, "new request")}: ${plain(wordsOf(fresh[0]), 120)}`;
    const wanted = Number(/^#(\d+)$/.exec(location.hash)?.[1]);
    if (isFirst && list.entries.has(wanted)) list.choose(wanted);
    else if (this.follow.checked) list.choose(list.last);
    else if (isFirst && list.chosen === null) this.show(null);
  },

  /** Show the entry of that number; without one, how to reach the sandbox. */
  async show(number) {
    this.asked.abort();
    this.asked = new AbortController();
    history.replaceState(null, "", number === null ? location.pathname : `#${number}`);
    this.panes.classList.toggle("reading", number !== null);
    this.panes.classList.toggle("empty", !list.entries.size);
    if (number === null) {
      const view = this.sandbox ? reachingView(this.sandbox, list.entries.size > 0) : "";
      this.detail.replaceChildren(backButton(), view);
      return;
    }
    const { signal } = this.asked;
    try {
      const entry = await control.read(`/entries/${number}`, signal);
      const view = entry === null
        ? element("p", { class: "none" }, "The sandbox does not keep this request any more.")
        : detailView(entry);
      this.detail.replaceChildren(backButton(), view);
      this.detail.dataset.number = number;
      this.detail.scrollTop = 0;
    } catch (error) {
      if (error instanceof RefusedError) this.lock("");
      else if (!(error instanceof LostError)) throw error;
      else if (!signal.aborted) {
        this.detail.replaceChildren(element("p", { class: "none" }, "The sandbox does not answer."));
      }
    }
  },

  /** Ask for the token, saying why. */
  lock(why) {
    this.say("locked", "waits for the token");
    this.how.hidden = true;
    document.getElementById("gate-why").textContent = why;
    this.gate.hidden = false;
    this.panes.hidden = true;
    document.getElementById("token").focus();
  },

  async open() {
    this.gate.hidden = true;
    this.how.hidden = false;
    this.panes.hidden = false;
    this.live.dataset.state = "";
    this.say("connecting", "connecting");
    try {
      if (!control.token) throw new RefusedError();
      await this.describe();
      await keepListening(this);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      this.lock(control.token ? "The token is not the one of this run: the sandbox may have been started anew." : "");
    }
  },

  /** Ask until the sandbox says how to reach it. */
  async describe() {
    for (;;) {
      try {
        this.sandbox = await control.read("/");
        document.getElementById("base-url").textContent = plain(this.sandbox.base_url);
        return;
      } catch (error) {
        if (!(error instanceof LostError)) throw error;
        this.say("lost", "the sandbox does not answer; trying again");
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
  },
};

function backButton() {
  const button = element("button", { type: "button", class: "back" }, "← All requests");
  button.addEventListener("click", leaveDetail);
  return button;
}

/** Go back from the detail to the list; from the list, choose nothing. */
function leaveDetail() {
  const wasInside = page.detail.contains(document.activeElement);
  const narrow = getComputedStyle(page.detail).getPropertyValue("--alone").trim() === "yes";
  if (!wasInside || narrow) list.choose(null);
  list.rows.focus();
}

list.onChoose = (number) => page.show(number);

list.rows.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && list.chosen !== null) page.detail.querySelector("h2")?.focus();
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input:not([type=radio]):not([type=checkbox])");
  if (event.key === "Escape" && !typing && page.gate.hidden) leaveDetail();
  if (event.key === "Escape" && typing) list.rows.focus();
  if (event.key === "/" && !typing && page.gate.hidden) {
    event.preventDefault();
    list.search.focus();
  }
});

list.search.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" && event.key !== "Enter") return;
  event.preventDefault();
  list.rows.focus();
  list.move(1);
});

page.how.addEventListener("click", () => {
  list.choose(null);
  page.panes.classList.add("reading");
  page.detail.focus();
});

page.follow.addEventListener("change", () => {
  if (page.follow.checked && list.entries.size) list.choose(list.last);
});

page.gate.addEventListener("submit", (event) => {
  event.preventDefault();
  const input = document.getElementById("token");
  control.remember(input.value.trim());
  input.value = "";
  page.open();
});

document.querySelector(".tools").addEventListener("submit", (event) => event.preventDefault());

control.begin();
list.count();
page.open();
