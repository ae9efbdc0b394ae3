// Elements made from text alone: nothing that comes from a request is ever read as markup.

/** What of a text could hide or reorder the rest of it: controls, formats, odd spaces. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Cn}]|(?! )\p{Zs}/gu;

/** Return the escape that stands for one character. */
function escapeOf(character) {
  const named = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[character];
  return named ?? `\\u{${character.codePointAt(0).toString(16)}}`;
}

/** Return text with every unseen character as its escape, cut beyond `limit` characters. */
function plain(text, limit = 2000) {
  const whole = String(text ?? "");
  const cut = whole.length > limit ? `${whole.slice(0, limit)}… (${whole.length} characters)` : whole;
  return cut.replace(UNSEEN, escapeOf);
}

/** Return an element; `attributes` are set as text, null ones left out, children appended. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Return a section of the detail with its heading. */
function section(title, ...children) {
  return element("section", {}, element("h3", {}, title), ...children);
}

/** Return a button that copies `text`. */
function copyButton(text, label) {
  const button = element("button", { type: "button", class: "copy", "aria-label": label }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed";
    }
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  return button;
}

/** Return `count` with its noun, such as "2 octets". */
function counted(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
