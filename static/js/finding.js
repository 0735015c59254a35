// Searching the two lists of the canvas: rows that do not suit are hidden, groups with some open.
import { measure } from "./curves.js";

let waiting = 0;

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-find], [data-show]")) return;
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(() => {
    findRows();
    measure();
  });
});

export function findRows() {
  show("fields", ".f", "");
  show("attributes", ".t", document.querySelector("[data-show]")?.value ?? "");
  for (const list of document.querySelectorAll(".pane")) reach(list);
}

// What is hidden cannot be where Tab comes to.
function reach(list) {
  const now = list.querySelector('[tabindex="0"]');
  if (now?.offsetParent) return;
  if (now) now.tabIndex = -1;
  const first = shown(list)[0];
  if (first) first.tabIndex = 0;
}

const shown = (list) => [...list.querySelectorAll(".f, .t, summary")].filter((row) => row.offsetParent);

// From the search one goes down into what was found.
document.addEventListener("keydown", (event) => {
  const wanted = event.target.dataset?.find;
  if (!wanted || !["ArrowDown", "Enter"].includes(event.key)) return;
  event.preventDefault();
  const rows = shown(document.getElementById(wanted));
  (rows.find((row) => !row.matches("summary")) ?? rows[0])?.focus();
});

function show(id, rows, kind) {
  const list = document.getElementById(id);
  const text = document.querySelector(`[data-find="${id}"]`)?.value.trim().toLowerCase() ?? "";
  if (!list || (!text && !kind && !list.dataset.found)) return;
  const isFinding = Boolean(text || kind);
  list.dataset.found = isFinding ? "yes" : "";
  for (const row of list.querySelectorAll(rows)) {
    const suits = (!kind || row.matches(kind)) && (!text || holds(row, text));
    row.parentElement.hidden = !suits;
  }
  for (const group of list.querySelectorAll("details")) {
    const isEmpty = !group.querySelector("li:not([hidden])");
    group.hidden = isEmpty;
    if (isFinding && !isEmpty) {
      if (!group.open) group.dataset.closed = "";
      group.open = true;
    } else if (!isFinding && "closed" in group.dataset) {
      group.open = false;
      delete group.dataset.closed;
    }
  }
}

const holds = (row, text) => row.dataset.p.toLowerCase().includes(text) || row.textContent.toLowerCase().includes(text);
