// Ctrl or ⌘ with K: go anywhere, or do something. Pages are the links of the navigation; the server
// finds what has a name. The field keeps the focus, and arrows choose among what is found.
const dialog = document.getElementById("palette");
const field = document.getElementById("palette-text");
const list = document.getElementById("palette-list");

const options = () => [...list.querySelectorAll('[role="option"]')].filter((one) => !one.hidden);
const chosen = () => list.querySelector('[aria-selected="true"]');

export function openPalette() {
  if (!dialog || dialog.open || document.querySelector("dialog[open]")) return;
  field.value = "";
  listPages();
  dialog.showModal();
  filter();
  field.dispatchEvent(new Event("palette-opened"));
}

function listPages() {
  const place = list.querySelector("[data-palette-pages]");
  if (place.children.length) return;
  for (const [number, link] of document.querySelectorAll(".nav a, .seat a").entries()) {
    const option = document.createElement("a");
    Object.assign(option, { href: link.href, textContent: link.textContent.trim(), tabIndex: -1 });
    option.id = `page-${number}`;
    option.setAttribute("role", "option");
    place.append(option);
  }
}

function filter() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const pages = list.querySelector("[data-palette-pages]");
  for (const page of pages.children) {
    const label = page.textContent.toLowerCase();
    page.hidden = !words.every((word) => label.includes(word));
  }
  pages.hidden = [...pages.children].every((page) => page.hidden);
  choose(options()[0]);
}

function choose(option) {
  for (const one of list.querySelectorAll('[role="option"]')) {
    one.setAttribute("aria-selected", String(one === option));
  }
  field.setAttribute("aria-activedescendant", option?.id ?? "");
  if (!option) field.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
  const none = dialog.querySelector("[data-none]");
  none.textContent = option ? "" : none.dataset.none;
}

function move(event) {
  const all = options();
  const at = all.indexOf(chosen());
  const steps = { ArrowDown: at + 1, ArrowUp: at - 1 };
  if (!(event.key in steps) || !all.length) return false;
  choose(all[(steps[event.key] + all.length) % all.length]);
  return true;
}

export function listenForPalette() {
  if (!dialog) return;
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    event.preventDefault();
    dialog.open ? dialog.close() : openPalette();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-open-palette]")) openPalette();
    if (event.target === dialog) dialog.close(); // beside it
  });
  field.addEventListener("input", filter);
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter") chosen()?.click();
    else if (!move(event)) return;
    event.preventDefault();
  });
  // What was found is drawn anew: the choice stays where it was, if it is still there.
  dialog.addEventListener("htmx:afterSettle", () => {
    const before = field.getAttribute("aria-activedescendant");
    choose(options().find((one) => one.id === before && before.startsWith("page-")) ?? options()[0]);
  });
}
