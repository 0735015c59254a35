import { say } from "./words.js";

// A form with data-passkey asks the browser to make a passkey, or to use one, and then sends itself.
// WebAuthn speaks in bytes, JSON in base64url; newer browsers translate, older ones need it done here.
const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const toText = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

function readOptions(options) {
  const known = (list) => (list ?? []).map((one) => ({ ...one, id: toBytes(one.id) }));
  const read = { ...options, challenge: toBytes(options.challenge) };
  if (options.user) read.user = { ...options.user, id: toBytes(options.user.id) };
  if (options.excludeCredentials) read.excludeCredentials = known(options.excludeCredentials);
  if (options.allowCredentials) read.allowCredentials = known(options.allowCredentials);
  return read;
}

function writeCredential(credential) {
  const { response } = credential;
  const written = { clientDataJSON: toText(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) written[name] = toText(response[name]);
  }
  if (response.getTransports) written.transports = response.getTransports();
  const { id, type, authenticatorAttachment } = credential;
  return JSON.stringify({
    id,
    type,
    rawId: toText(credential.rawId),
    authenticatorAttachment: authenticatorAttachment ?? undefined,
    response: written,
  });
}

async function fetchOptions(form) {
  const token = form.elements.csrfmiddlewaretoken.value;
  const answer = await fetch(form.dataset.options, {
    method: "POST",
    headers: { "X-CSRFToken": token },
  });
  if (!answer.ok) throw new Error("refused");
  return readOptions(await answer.json());
}

async function ask(form) {
  const publicKey = await fetchOptions(form);
  const credential =
    form.dataset.passkey === "create"
      ? await navigator.credentials.create({ publicKey })
      : await navigator.credentials.get({ publicKey });
  form.elements.credential.value = writeCredential(credential);
  form.submit();
}

function tell(form, error) {
  const place = form.querySelector("[data-passkey-error]");
  // The browser's own names are for programmers, and it does not tell who or what refused.
  place.textContent = say(place, error.name === "Error" ? "refused" : "unused");
  place.hidden = false;
}

// A passkey belongs to a name: at an IP address no browser makes or uses one.
const isNamed = !/^[\d.]+$|:/.test(location.hostname);

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (window.PublicKeyCredential && isNamed) form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(form).catch((error) => tell(form, error));
  });
}
