// «g» and a letter goes to a page, «?» lists the keys. Never while somebody writes.
const WRITING = "input, textarea, select, [contenteditable]";
const PATIENCE_MS = 1500;
let began = 0;

export function listenForKeys() {
  const sheet = document.getElementById("keys");
  if (!sheet) return;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(WRITING)) return;
    if (event.key === "?" && !document.querySelector("dialog[open]")) openKeys(sheet);
    else if (document.querySelector("dialog[open]")) return;
    else if (Date.now() - began < PATIENCE_MS) follow(event);
    else if (event.key === "g") began = Date.now();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-open-keys]")) openKeys(sheet);
    if (event.target === sheet) sheet.close(); // beside it
  });
}

function follow(event) {
  began = 0;
  if (event.key === "l") document.querySelector("[data-toggle-theme]")?.click();
  else document.querySelector(`.nav a[data-key="${CSS.escape(event.key)}"]`)?.click();
}

function openKeys(sheet) {
  const place = sheet.querySelector("[data-keys-pages]");
  for (const link of place.children.length ? [] : document.querySelectorAll(".nav a[data-key]")) {
    place.append(lineOf(link.textContent.trim(), link.dataset.key));
  }
  if (!sheet.open) sheet.showModal();
}

function lineOf(label, key) {
  const line = document.createElement("div");
  const term = document.createElement("dt");
  const keys = document.createElement("dd");
  term.textContent = label;
  for (const name of ["g", key]) {
    const cap = document.createElement("kbd");
    cap.textContent = name;
    keys.append(cap, " ");
  }
  line.append(term, keys);
  return line;
}
