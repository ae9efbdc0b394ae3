// The control port: asked with the token, which stays in this tab and goes nowhere else.

const KEY = "lendico-conformance-control-token";
const SILENCE = 6000;
const PATIENCE = 5000;

/** The token is not the right one. */
class RefusedError extends Error {}

/** The sandbox does not answer, or was left. */
class LostError extends Error {}

/** Return what `promise` gives; throws LostError where the network does not. */
async function reached(promise) {
  try {
    return await promise;
  } catch (error) {
    throw new LostError(String(error), { cause: error });
  }
}

const control = {
  token: "",

  /** Take the token from the address, or the one this tab was given before. */
  begin() {
    const given = /^#token=([\w.~-]+)$/.exec(location.hash);
    if (given) this.remember(given[1]);
    else this.token = sessionStorage.getItem(KEY) ?? "";
    if (location.hash.startsWith("#token")) history.replaceState(null, "", location.pathname);
  },

  remember(token) {
    this.token = token;
    sessionStorage.setItem(KEY, token);
  },

  /** Ask for `path`; throws RefusedError, and LostError where no answer comes. */
  async ask(path, signal) {
    const headers = { Authorization: `Bearer ${this.token}` };
    const asked = { headers, signal, cache: "no-store", credentials: "omit" };
    const response = await reached(fetch(path, asked));
    if (response.status === 401) throw new RefusedError();
    return response;
  },

  /** Return the JSON at `path`; null where there is none. */
  async read(path, signal) {
    const response = await this.ask(path, signal);
    return response.ok ? reached(response.json()) : null;
  },
};

/** Call `take` with the data of each event in `response`, until it ends or `signal` aborts. */
async function readEvents(response, take, alive) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reached(reader.read());
    if (done) return;
    alive();
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      if (event.startsWith("data: ")) take(JSON.parse(event.slice(6)));
    }
  }
}

/** Return what aborts `controller` when nothing was heard for a while, each call putting it off. */
function watchdog(controller) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(() => controller.abort(), SILENCE);
    controller.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  };
}

/** Resolve when the tab is seen. */
function seen() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
}

/** Listen once, from the entries beyond the last one known on; a hidden tab lets its connection go. */
async function listen(page) {
  const controller = new AbortController();
  const leave = () => document.hidden && controller.abort();
  document.addEventListener("visibilitychange", leave);
  const alive = watchdog(controller);
  try {
    alive();
    const response = await control.ask("/events", controller.signal);
    const missed = await control.read(`/entries?after=${list.last}`, controller.signal);
    page.take(missed?.entries ?? []);
    page.say("live", "live");
    await readEvents(response, (entry) => page.take([entry]), alive);
  } finally {
    document.removeEventListener("visibilitychange", leave);
    controller.abort();
  }
}

/** Keep listening; throws RefusedError where the token is not the right one. */
async function keepListening(page) {
  for (let wait = 500; ; wait = Math.min(wait * 2, PATIENCE)) {
    const began = performance.now();
    try {
      await seen();
      await listen(page);
    } catch (error) {
      if (!(error instanceof LostError)) throw error;
    }
    if (document.hidden) {
      page.say("connecting", "paused");
      wait = 250;
      continue;
    }
    if (performance.now() - began > PATIENCE) wait = 500;
    page.say("lost", "the sandbox does not answer; trying again");
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
