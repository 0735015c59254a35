import { say } from "./words.js";

// «12 min ago» goes on counting while the page is open, in the server's words.
const STEPS = [
  [60, 1, "s"],
  [3600, 60, "min"],
  [86400, 3600, "h"],
  [Infinity, 86400, "d"],
];

export function keepTimesFresh() {
  setInterval(refresh, 10_000);
  document.addEventListener("htmx:afterSwap", refresh);
}

function refresh() {
  for (const time of document.querySelectorAll("[data-relative][datetime]")) {
    const seconds = (Date.now() - Date.parse(time.getAttribute("datetime"))) / 1000;
    time.textContent = inWords(seconds);
  }
}

function inWords(seconds) {
  const passed = Math.abs(seconds);
  if (passed < 5) return say(document.body, "now");
  const [, size, unit] = STEPS.find(([limit]) => passed < limit);
  const amount = `${Math.floor(passed / size)} ${unit}`;
  return say(document.body, seconds < 0 ? "in" : "ago", { amount });
}
