// What follows the truth asks for it again and again, but only while somebody can see it.
const EVERY = 1_500;

export function lookAgainWhileVisible() {
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
}

function look() {
  if (document.visibilityState !== "visible") return;
  for (const one of document.querySelectorAll("[data-look]")) one.dispatchEvent(new Event("look"));
}
