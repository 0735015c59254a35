// The lines of the canvas, drawn over two lists that scroll by themselves. The lists are the truth:
// where each row is, is measured once after every change of them, and scrolling only adds to that.
const SVG = "http://www.w3.org/2000/svg";
const paths = new Map(); // by "field > attribute": the path on the screen
let rows = []; // {key, from, to, row, kind}: offsets within the two lists
let box = null;
let waiting = false;
let loose = null; // the line that is being drawn: {from, x, y}

const pane = (id) => document.getElementById(id);

// A row in a closed group is where the group's head is.
function anchor(row) {
  const group = row.closest("details:not([open])");
  return group ? group.querySelector("summary") : row;
}

function middle(row, list, seen) {
  const at = anchor(row);
  if (!seen.has(at)) {
    const is = at.getBoundingClientRect();
    const isShown = is.height > 0;
    seen.set(at, isShown ? is.top + is.height / 2 - list.top + list.scroll : null);
  }
  return seen.get(at);
}

function measured(id) {
  const of = pane(id);
  const is = of.getBoundingClientRect();
  return { of, left: is.left, right: is.right, top: is.top, height: is.height, scroll: of.scrollTop };
}

// «a[].v[]» picks one of «a[].v», as the server has it.
export function fieldOf(path) {
  const one = (wanted) => document.querySelector(`.f[data-p="${CSS.escape(wanted)}"]`);
  return one(path) ?? one(path.replace(/\[\]$/, ""));
}

export function measure() {
  const svg = document.getElementById("wires");
  if (!svg || !pane("fields")) return;
  const left = measured("fields");
  const right = measured("attributes");
  const frame = svg.getBoundingClientRect();
  box = { left, right, frame };
  const seen = new Map();
  const fields = new Map();
  for (const field of document.querySelectorAll(".f")) fields.set(field.dataset.p, field);
  const find = (path) => fields.get(path) ?? fields.get(path.replace(/\[\]$/, ""));
  rows = [];
  const used = new Set();
  for (const row of document.querySelectorAll(".t[data-f], .t[data-o]")) {
    const isOffer = !row.dataset.at;
    const read = isOffer ? [row.dataset.o] : row.dataset.f.split("|").filter(Boolean);
    for (const path of read) {
      const field = find(path);
      if (!field) continue;
      if (!isOffer) used.add(field);
      rows.push({
        key: `${path} > ${row.dataset.p}`,
        from: middle(field, left, seen),
        to: middle(row, right, seen),
        row,
        field,
        kind: isOffer ? "offer" : "bad" in row.dataset ? "bad" : "line",
      });
    }
  }
  // After all that was measured: what is written in between would have it reckoned anew each time.
  for (const field of fields.values()) field.toggleAttribute("data-used", used.has(field));
  draw();
}

export function drawSoon() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    draw();
  });
}

const within = (y, list) => y >= 0 && y <= list.height;
const clamped = (y, list) => Math.min(Math.max(y, 2), list.height - 2);

function curve(from, to, width) {
  const bend = width * 0.5;
  const round = (number) => Math.round(number * 10) / 10;
  return `M0 ${round(from)}C${bend} ${round(from)} ${width - bend} ${round(to)} ${width} ${round(to)}`;
}

function draw() {
  if (!box) return;
  const { left, right, frame } = box;
  const above = left.of.scrollTop;
  const beside = right.of.scrollTop;
  const width = frame.width;
  const kept = new Set();
  if (width) {
    for (const one of rows) {
      if (one.from === null || one.to === null) continue;
      const from = one.from - above;
      const to = one.to - beside;
      const isFromSeen = within(from, left);
      const isToSeen = within(to, right);
      if (!isFromSeen && !isToSeen) continue;
      const path = pathOf(one.key);
      const start = clamped(from, left) + left.top - frame.top;
      put(path, "d", curve(start, clamped(to, right) + right.top - frame.top, width));
      put(path, "class", looks(one, isFromSeen && isToSeen));
      kept.add(one.key);
    }
    drawLoose(kept);
  }
  for (const [key, path] of paths) {
    if (kept.has(key)) continue;
    path.remove();
    paths.delete(key);
  }
}

// What is as it was is not painted anew.
function put(path, name, value) {
  if (path.getAttribute(name) !== value) path.setAttribute(name, value);
}

function looks({ kind, row, field }, isNear) {
  const isHere = row.matches(":focus, :hover") || field.matches(":focus, :hover, .is-chosen");
  return `${kind}${isNear ? "" : " far"}${isHere ? " here" : ""}`;
}

function pathOf(key) {
  let path = paths.get(key);
  if (!path?.isConnected) {
    path = document.createElementNS(SVG, "path");
    path.dataset.key = key;
    document.getElementById("wires").append(path);
    paths.set(key, path);
  }
  return path;
}

function drawLoose(kept) {
  if (!loose?.field.isConnected) return;
  const { left, right, frame } = box;
  const start = anchor(loose.field).getBoundingClientRect();
  const from = clamped(start.top + start.height / 2 - left.top, left) + left.top - frame.top;
  const path = pathOf("loose");
  const end = loose.row ? anchor(loose.row).getBoundingClientRect() : null;
  const to = end ? clamped(end.top + end.height / 2 - right.top, right) + right.top : loose.y;
  const width = end ? frame.width : Math.max(8, Math.min(loose.x - frame.left, frame.width));
  path.setAttribute("d", curve(from, to - frame.top, width));
  path.setAttribute("class", "loose");
  kept.add("loose");
}

// While a pointer draws, from a field to where it is; then, until the server has answered, to a row.
export function hold(field, to) {
  loose = field ? { field, ...to } : null;
  drawSoon();
}

export function rowAt(path) {
  return rows.find((one) => one.key === path.dataset.key)?.row;
}
