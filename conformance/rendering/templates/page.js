// What a page can do beyond being read: filter, search, copy, unfold.

const requirements = [...document.querySelectorAll(".requirement")];
const topics = [...document.querySelectorAll(".topic")];
const filters = document.getElementById("filters");
const search = document.getElementById("search");
const unfold = document.getElementById("unfold");
const found = document.getElementById("found");
const words = new Map(requirements.map((item) => [item, item.textContent.toLowerCase()]));

/** Show the requirements that fit what is chosen, and the topics that still have any. */
function filter() {
  const outcome = filters.elements.outcome.value;
  const level = document.getElementById("by-level").value;
  const topic = document.getElementById("by-topic").value;
  const sought = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const item of requirements) {
    const fits =
      (!outcome || item.dataset.outcome === outcome) &&
      (!level || item.dataset.level === level) &&
      (!topic || item.parentElement.id === topic) &&
      sought.every((word) => words.get(item).includes(word));
    item.hidden = !fits;
    count += fits;
  }
  for (const section of topics) {
    section.hidden = !section.querySelector(".requirement:not([hidden])");
  }
  const isWhole = count === requirements.length && !sought.length;
  found.textContent = isWhole ? "" : `${count} of ${requirements.length} requirements`;
}

/** Open whatever the address points into, so that it can be seen. */
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.hidden || target.closest("[hidden]")) {
    filters.reset();
    filter();
  }
  for (let item = target; item; item = item.parentElement) {
    if (item instanceof HTMLDetailsElement) item.open = true;
  }
  target.scrollIntoView();
}

/** Copy the command beside a button; where that is not allowed, select it. */
async function copy(button) {
  const code = button.previousElementSibling;
  const label = button.firstChild;
  try {
    await navigator.clipboard.writeText(code.textContent);
    label.data = "Copied";
    setTimeout(() => { label.data = "Copy"; }, 2000);
  } catch {
    getSelection().selectAllChildren(code);
  }
}

filters.hidden = !requirements.length;
filters.addEventListener("submit", (event) => event.preventDefault());
filters.addEventListener("input", filter);
unfold.addEventListener("click", () => {
  const opens = unfold.getAttribute("aria-pressed") !== "true";
  unfold.setAttribute("aria-pressed", String(opens));
  for (const item of requirements) item.open = opens;
});
for (const button of document.querySelectorAll(".copy")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}
addEventListener("hashchange", reveal);
addEventListener("keydown", (event) => {
  const isTyping = event.target.closest?.("input, select, textarea");
  if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  search.focus();
});

let unfolded = [];
addEventListener("beforeprint", () => {
  unfolded = [...document.querySelectorAll("details[data-blocks]:not([open])")];
  for (const item of unfolded) item.open = true;
});
addEventListener("afterprint", () => {
  for (const item of unfolded) item.open = false;
});
if (location.hash) reveal();
