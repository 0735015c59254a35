// The form of one line beside the canvas, in a dialog that gives the focus back.
const panel = () => document.getElementById("panel");

export const panelIsOpen = () => Boolean(panel()?.open);

let from = ""; // the attribute that it was opened at

export async function openPanel(row) {
  from = row.dataset.p;
  document.getElementById("panel-name").textContent = from;
  const sample = document.getElementById("change").elements.sample.value;
  const address = `${row.getAttribute("href")}&panel=1&sample=${encodeURIComponent(sample)}`;
  const body = document.getElementById("panel-body");
  body.replaceChildren();
  panel().showModal();
  await window.htmx.ajax("GET", new URL(address, location.href).pathname + new URL(address, location.href).search, {
    target: body,
    select: "#line",
    swap: "innerHTML",
  });
  (body.querySelector("#source:not([value=''])") ?? body.querySelector("button:not(.unseen), input"))?.focus();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]") || event.target === panel()) panel()?.close();
});

document.addEventListener("line-saved", () => panel()?.close());

document.addEventListener(
  "close",
  (event) => {
    if (event.target === panel()) document.querySelector(`.t[data-p="${CSS.escape(from)}"]`)?.focus();
  },
  true,
);
