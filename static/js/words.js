// The words that a page gives its scripts, in the reader's language: `data-say-…` of an element,
// with names in braces for what only the script knows.
export function say(element, name, values = {}) {
  const key = `say${name[0].toUpperCase()}${name.slice(1)}`;
  return element.dataset[key].replace(/\{(\w+)\}/g, (_, one) => values[one]);
}
