// Swagger UI over our document. It keeps no key: a reload forgets it.
const place = document.getElementById("operations");

window.SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: -1,
  persistAuthorization: false,
  validatorUrl: null,
});

// It has a dark dress of its own, by a class.
const night = matchMedia("(prefers-color-scheme: dark)");
function dress() {
  const chosen = document.documentElement.dataset.theme;
  document.documentElement.classList.toggle("dark-mode", chosen ? chosen === "dark" : night.matches);
}
dress();
night.addEventListener("change", dress);
new MutationObserver(dress).observe(document.documentElement, { attributeFilter: ["data-theme"] });
