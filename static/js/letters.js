// A list with boxes to tick: one box ticks all, and a sentence says how many are meant.
export function countTicks() {
  for (const form of document.querySelectorAll("form[data-ticks]")) {
    const all = form.querySelector("[data-tick-all]");
    const boxes = [...form.querySelectorAll("input[name=id]")];
    const meant = form.querySelector("[data-all]");
    if (!all || !meant) continue;
    const say = () => {
      const ticked = boxes.filter((box) => box.checked).length;
      all.checked = ticked === boxes.length;
      all.indeterminate = ticked > 0 && !all.checked;
      const words = ticked ? `${ticked} ${meant.dataset.ticked}.` : meant.dataset.all;
      if (meant.textContent !== words) meant.textContent = words;
    };
    all.addEventListener("change", () => {
      for (const box of boxes) box.checked = all.checked;
      say();
    });
    form.addEventListener("change", say);
    say();
  }
}
