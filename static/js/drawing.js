// Drawing a line with a pointer: pressed on a field, moved, let go over an attribute. A finger draws
// sideways, for up and down it scrolls; where the lists stand one above the other it taps.
import { hold } from "./curves.js";

const FAR = 6; // pixels before it is a drawing and no click
const EDGE = 36; // near the end of a list it scrolls
let pressed = null; // {field, x, y, id}
let over = null;
let isDrawing = false;
let timer = 0;
let at = { x: 0, y: 0 };

export function drawByPointer({ may, join, choose }) {
  document.addEventListener("pointerdown", (event) => {
    const field = event.target.closest(".f");
    if (!field || !may() || event.button !== 0) return;
    pressed = { field, x: event.clientX, y: event.clientY, id: event.pointerId };
  });
  document.addEventListener("pointermove", (event) => {
    if (pressed?.id !== event.pointerId) return;
    at = { x: event.clientX, y: event.clientY };
    if (!isDrawing && Math.hypot(at.x - pressed.x, at.y - pressed.y) > FAR) start(choose);
    if (isDrawing) follow();
  });
  document.addEventListener("pointerup", (event) => {
    if (pressed?.id !== event.pointerId) return;
    const { field } = pressed;
    const row = isDrawing ? over : null;
    if (isDrawing) swallowClick();
    stop();
    if (row?.matches(".t")) join(field, row);
  });
  document.addEventListener("pointercancel", stop);
  document.addEventListener("dragstart", (event) => {
    if (event.target.closest(".t, .f")) event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isDrawing) stop();
  });
}

function start(choose) {
  isDrawing = true;
  choose(null);
  document.documentElement.classList.add("is-drawing");
  pressed.field.setPointerCapture(pressed.id);
  timer = requestAnimationFrame(scroll);
}

function follow() {
  const row = document.elementFromPoint(at.x, at.y)?.closest(".t, #attributes summary") ?? null;
  if (row !== over) {
    over?.classList.remove("is-over");
    over = row;
    over?.classList.add("is-over");
    openLater(row);
  }
  hold(pressed.field, { ...at });
}

function openLater(row) {
  if (!row?.matches("summary")) return;
  setTimeout(() => {
    if (isDrawing && over === row) row.parentElement.open = true;
  }, 400);
}

function scroll() {
  if (!isDrawing) return;
  for (const list of document.querySelectorAll(".pane")) {
    const is = list.getBoundingClientRect();
    if (at.x < is.left || at.x > is.right) continue;
    if (at.y < is.top + EDGE) list.scrollTop -= 10;
    else if (at.y > is.bottom - EDGE) list.scrollTop += 10;
  }
  follow();
  timer = requestAnimationFrame(scroll);
}

function stop() {
  cancelAnimationFrame(timer);
  over?.classList.remove("is-over");
  document.documentElement.classList.remove("is-drawing");
  if (isDrawing) hold(null);
  pressed = over = null;
  isDrawing = false;
}

// The click that follows a drawing is none.
function swallowClick() {
  const swallow = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  document.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => document.removeEventListener("click", swallow, { capture: true }), 0);
}
