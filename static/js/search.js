// «/» goes to the search box, unless somebody is writing.
const WRITING = "input, textarea, select, [contenteditable]";

export function focusOnSlash() {
  document.addEventListener("keydown", (event) => {
    const box = document.getElementById("search");
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || !box) return;
    if (event.target.closest(WRITING)) return;
    event.preventDefault();
    box.focus();
    box.select();
  });
}
