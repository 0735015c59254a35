// Lines of a mapping: Alt with an arrow moves the one that has the focus; a filter shows some.
const ARROWS = { ArrowUp: "up:", ArrowDown: "down:" };

export function moveLinesByKeys() {
  document.addEventListener("keydown", (event) => {
    const way = event.altKey && ARROWS[event.key];
    const line = way && event.target.closest(".line");
    if (!line) return;
    event.preventDefault();
    line.querySelector(`button[value^="${way}"]`)?.click();
  });
}

export function filterLines() {
  for (const field of document.querySelectorAll("[data-filter-field]")) field.hidden = false;
  document.addEventListener("input", (event) => {
    const wanted = event.target.dataset?.filter;
    if (wanted) show(wanted, event.target.value.trim().toLowerCase());
  });
  document.addEventListener("htmx:afterSettle", () => {
    for (const field of document.querySelectorAll("[data-filter-field]")) field.hidden = false;
  });
}

function show(wanted, text) {
  for (const line of document.querySelectorAll(wanted)) {
    line.hidden = text !== "" && !line.textContent.toLowerCase().includes(text);
  }
}
