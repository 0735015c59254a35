// What was typed is put back where it could not be sent: somebody was signed out meanwhile, or in
// anew in another tab. It is kept in this tab alone, and never what is typed as a password.
const KEY = "unsent";
const MINUTE = 60_000;
const TYPED = 'input:not([type="hidden"], [type="password"], [type="file"], [type="submit"]), textarea, select';

const here = () => location.pathname + location.search;
const person = () => document.querySelector("[data-person]")?.dataset.person ?? "";
// By attributes: a field may have the name of a property of forms.
const actionOf = (form) => new URL(form.getAttribute("action") ?? "", location.href).href;
const isSent = (form) => form.getAttribute("method")?.toLowerCase() === "post" && !form.hasAttribute("hx-post");
const fieldsOf = (form) => [...form.querySelectorAll(TYPED)].filter((field) => field.name);

function keep(event) {
  const form = event.target;
  if (!isSent(form) || !form.closest("[data-person]")) return;
  const fields = fieldsOf(form).map(({ name, value, checked }) => ({ name, value, checked }));
  if (!fields.length) return;
  const kept = { at: Date.now(), page: here(), action: actionOf(form), person: person(), fields };
  try {
    sessionStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    sessionStorage.removeItem(KEY); // it is more than the browser keeps
  }
}

function putBack({ action, fields }) {
  const form = [...document.forms].find((one) => isSent(one) && actionOf(one) === action);
  if (!form) return;
  const left = fieldsOf(form);
  for (const { name, value, checked } of fields) {
    const place = left.findIndex((field) => field.name === name);
    if (place < 0) continue;
    const [field] = left.splice(place, 1);
    if (field.type === "checkbox" || field.type === "radio") field.checked = checked;
    else field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  document.querySelector("[data-put-back]").hidden = false;
}

// What follows a form is either a page that says that nothing was sent, or one that says what came
// of it.
function look(kept) {
  const said = document.querySelector("[data-not-sent]");
  if (said && (kept.isUnsent || Date.now() - kept.at < MINUTE)) {
    said.hidden = false;
    for (const link of said.querySelectorAll("[data-back]")) link.href = kept.page;
    sessionStorage.setItem(KEY, JSON.stringify({ ...kept, isUnsent: true }));
  } else if (!kept.isUnsent || (person() && person() !== kept.person)) {
    sessionStorage.removeItem(KEY);
  } else if (kept.page === here()) {
    sessionStorage.removeItem(KEY);
    putBack(kept);
  }
}

export function keepWhatIsUnsent() {
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  if (kept) look(kept);
  document.addEventListener("submit", keep);
}
