import { say } from "./words.js";

// A button with data-copy puts its text on the clipboard and says so.
export function listenForCopies() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    const label = (button.dataset.label ??= button.textContent);
    button.textContent = say(document.body, "copied");
    setTimeout(() => (button.textContent = label), 1500);
  });
}
