// On the sign-in page: as soon as the address has a domain, ask who signs it in.
const PAUSE_MS = 300;

export function offerSingleSignOn() {
  const place = document.querySelector("[data-sso-offer]");
  const address = document.querySelector("input[name='login'], input[type='email']");
  if (!place || !address) return;
  let asked = "";
  let timer = 0;
  const ask = async () => {
    const domain = address.value.includes("@") ? address.value.trim().split("@").pop() : "";
    if (domain === asked) return;
    asked = domain;
    const answer = domain.includes(".") ? await fetchOffer(place.dataset.ssoOffer, domain) : "";
    if (domain === asked) place.innerHTML = answer;
  };
  address.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  });
  address.addEventListener("change", ask);
  ask(); // what the browser has filled in
}

// The domain alone is asked about: who it is, the server need not know yet.
async function fetchOffer(path, domain) {
  const question = new URLSearchParams({ email: `@${domain}` });
  const after = new URLSearchParams(location.search).get("next");
  if (after) question.set("next", after);
  const answer = await fetch(`${path}?${question}`);
  return answer.ok ? (await answer.text()).trim() : "";
}
