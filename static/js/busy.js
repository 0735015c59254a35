// A button whose form is on its way says so where the answer takes its time, as that of a check at
// another system does. What goes by htmx answers at once.
const SOON_MS = 400;
const LONGEST_MS = 60_000; // what is saved as a file leaves the page as it is

export function showWhatIsBusy() {
  document.addEventListener("submit", ({ target, submitter, defaultPrevented }) => {
    if (!submitter || defaultPrevented || target.getAttribute("method")?.toLowerCase() !== "post") return;
    if (target.closest("[hx-post]")) return;
    setTimeout(() => submitter.setAttribute("aria-busy", "true"), SOON_MS);
    setTimeout(() => submitter.removeAttribute("aria-busy"), LONGEST_MS);
  });
  // Come back to by the browser's own button, the page is as it was left.
  addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  });
}
