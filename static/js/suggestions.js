// Among suggestions, arrows move, «a» and Enter accept, «x» refuses; where one was stays in focus
// when the list is drawn anew.
const OFFERS = "[data-suggestions] [data-offer]";
const WRITING = "input, textarea, select, [contenteditable]";
let place = null;

const offers = () => [...document.querySelectorAll(OFFERS)];
const buttonOf = (offer, name) => offer?.querySelector(`button[value="${name}"]`);
const here = () => document.activeElement?.closest(OFFERS);

function move(by) {
  const all = offers();
  const next = all[Math.max(0, Math.min(all.length - 1, all.indexOf(here()) + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

export function answerByKey() {
  document.addEventListener("keydown", (event) => {
    const offer = here();
    if (!offer || event.ctrlKey || event.metaKey || event.altKey || event.target.closest(WRITING)) return;
    const isOnOffer = event.target === offer;
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "a" || (event.key === "Enter" && isOnOffer)) buttonOf(offer, "accept")?.click();
    else if (event.key === "x") buttonOf(offer, "refuse")?.click();
    else return;
    event.preventDefault();
  });
  document.addEventListener("htmx:beforeSwap", () => {
    const at = offers().indexOf(here());
    place = at < 0 ? null : at;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (place === null) return;
    const all = offers();
    (all[Math.min(place, all.length - 1)] ?? document.getElementById("suggestions"))?.focus();
    place = null;
  });
}
