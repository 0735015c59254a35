// On a narrow screen the navigation scrolls sideways: where one is must be in sight.
export function showWhereWeAre() {
  document.querySelector(".nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}
