// The mapping canvas: lines by pointer, by touch and by keys. Each change is a form that the server
// answers with the attributes as they are now.
import { drawSoon, fieldOf, hold, measure, rowAt } from "./curves.js";
import { drawByPointer } from "./drawing.js";
import { findRows } from "./finding.js";
import { openPanel, panelIsOpen } from "./panel.js";
import { say } from "./words.js";

let chosen = null; // the path of the field that was chosen
let focused = null; // the path of the attribute to come back to
const left = []; // changes that wait for the one before them
let isSending = false;
let isOurs = false; // what is drawn anew answers a change of ours

const canvas = () => document.getElementById("canvas");
const may = () => canvas()?.hasAttribute("data-may");
const form = () => document.getElementById("change");
const seen = (selector) => [...document.querySelectorAll(selector)].filter((row) => row.offsetParent);
const attribute = (path) => document.querySelector(`.t[data-p="${CSS.escape(path)}"]`);
const nameOf = (row) => row.dataset.p;

// By the name of what the page has words for.
function tell(name, values) {
  const place = document.getElementById("canvas-tells");
  place.textContent = name ? say(place, name, values) : "";
}

// --- Changes ------------------------------------------------------------------------------------

export function change(values) {
  if (!may()) return;
  left.push(values);
  send();
}

function send() {
  if (isSending || !left.length) return;
  const values = left.shift();
  for (const name of ["do", "attribute", "source", "before"]) form().elements[name].value = values[name] ?? "";
  isSending = isOurs = true;
  focused = values.attribute || focused;
  form().requestSubmit();
}

export function join(field, row) {
  choose(null);
  hold(field, { row });
  tell("saving", { field: nameOf(field), attribute: nameOf(row) });
  change({ do: "draw", attribute: nameOf(row), source: nameOf(field) });
}

function cut(row) {
  if (!row.dataset.at) return tell("empty", { attribute: nameOf(row) });
  change({ do: "cut", attribute: nameOf(row) });
}

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target !== form()) return;
  isSending = false;
  hold(null);
  if (event.detail.successful) tell();
  else {
    left.length = 0;
    tell("unsaved");
  }
  send();
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (!canvas()) return;
  if (event.target.id === "attributes" || event.target.id === "canvas") begin();
  if (event.target.id !== "attributes" || panelIsOpen()) return;
  const isLost = document.activeElement === document.body;
  if (!isLost && (!isOurs || document.activeElement.matches("input, select"))) return;
  isOurs = false;
  if (focused) attribute(focused)?.focus({ preventScroll: true });
});

// --- Choosing -----------------------------------------------------------------------------------

export function choose(field) {
  document.querySelector(".f.is-chosen")?.classList.remove("is-chosen");
  chosen = field ? nameOf(field) : null;
  canvas().toggleAttribute("data-choosing", Boolean(field));
  if (field) {
    field.classList.add("is-chosen");
    tell("chosen", { field: nameOf(field) });
  }
  drawSoon();
}

document.addEventListener("click", (event) => {
  if (!canvas()) return;
  const button = event.target.closest("[data-do]");
  if (button) {
    document.getElementById("panel").close();
    change({ ...button.dataset });
  } else if (event.target.closest("[data-forget]")) {
    document.getElementById("canvas-said").replaceChildren();
    attribute(focused ?? "")?.focus();
  }
  const field = event.target.closest(".f");
  if (field && may()) {
    const isAgain = nameOf(field) === chosen;
    choose(isAgain ? null : field);
    if (isAgain) tell("none");
    else if (event.detail === 0) goAcross(field);
  }
  const wire = event.target.closest("#wires path");
  const row = wire ? rowAt(wire) : event.target.closest(".t");
  if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  focused = nameOf(row);
  if (chosen && fieldOf(chosen)) join(fieldOf(chosen), row);
  else if (may()) openPanel(row);
});

// By keys one goes on among the attributes: where the field goes now, or where one was last.
function goAcross(field) {
  const its = [...document.querySelectorAll(".t")].find((row) =>
    [row.dataset.o, ...(row.dataset.f ?? "").split("|")].includes(nameOf(field)),
  );
  const next = [its, attribute(focused ?? ""), ...seen(".t")].find((row) => row?.offsetParent);
  stand(next);
}

function stand(row) {
  row?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: "nearest" });
}

// --- Keys ---------------------------------------------------------------------------------------

const WAYS = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e4, End: 1e4 };

document.addEventListener("keydown", (event) => {
  if (!canvas() || event.ctrlKey || event.metaKey || event.altKey || panelIsOpen()) return;
  if (event.key === "Escape" && chosen) {
    const field = fieldOf(chosen);
    choose(null);
    hold(null);
    tell("given");
    return stand(field);
  }
  const row = event.target.closest(".f, .t, .pane summary");
  if (!row) return;
  if (event.key in WAYS) move(row, WAYS[event.key]);
  else if (event.key === "ArrowLeft" || event.key === "ArrowRight") fold(row, event.key === "ArrowRight");
  else if (!row.matches(".t") || !may()) return;
  else if (event.key === " ") row.click();
  else if (event.key === "Delete" || event.key === "Backspace") cut(row);
  else if (event.key === "a" && row.dataset.o) change({ do: "draw", attribute: nameOf(row), source: row.dataset.o });
  else if (event.key === "x" && row.dataset.o) change({ do: "refuse", attribute: nameOf(row), source: row.dataset.o });
  else return;
  event.preventDefault();
});

function move(row, by) {
  const all = seen(`#${row.closest(".pane").id} :is(.f, .t, summary)`);
  stand(all[Math.max(0, Math.min(all.length - 1, all.indexOf(row) + by))]);
}

function fold(row, isOpen) {
  const group = row.closest("details");
  if (!group || group.open === isOpen) return;
  group.open = isOpen;
  if (!isOpen) stand(group.querySelector("summary"));
}

// Of each list one row is where Tab comes to; within it arrows move.
document.addEventListener("focusin", (event) => {
  const list = event.target.closest(".pane");
  if (!list || !event.target.matches(".f, .t, summary")) return;
  for (const one of list.querySelectorAll('[tabindex="0"]')) one.tabIndex = -1;
  event.target.tabIndex = 0;
  if (event.target.matches(".t")) focused = nameOf(event.target);
  drawSoon();
});

// --- The page -----------------------------------------------------------------------------------

function begin() {
  for (const list of document.querySelectorAll(".pane")) {
    const all = list.querySelectorAll(".f, .t, summary");
    for (const one of all) one.tabIndex = -1;
    const first = (list.id === "attributes" && focused && attribute(focused)) || all[0];
    if (first) first.tabIndex = 0;
    if (!list.dataset.heard) {
      list.dataset.heard = "yes";
      list.addEventListener("scroll", drawSoon, { passive: true });
      list.addEventListener("pointerover", drawSoon, { passive: true });
      list.addEventListener("toggle", () => requestAnimationFrame(measure), true);
      size.observe(list);
    }
  }
  if (chosen && fieldOf(chosen)) fieldOf(chosen).classList.add("is-chosen");
  findRows();
  measure();
}

const size = new ResizeObserver(() => requestAnimationFrame(measure));

begin();
const start = document.querySelector(".t[autofocus]");
if (start) stand(start);
drawByPointer({ may, join, choose });
