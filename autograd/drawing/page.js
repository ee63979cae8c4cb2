// Shows what page.py has worked out. State is a view, a place in the list of steps, a chosen node, and a window onto the picture.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const root = document.documentElement, stage = $("stage");
const SVG = "http://www.w3.org/2000/svg";

// --- Steps: leaves are there from the beginning; then each operation; then the gradient of the result; then each rule.

let here, node, forward, backward, steps;
let turned; // the first backward step
let made, pulled; // at which step a value arrives, and at which a gradient is passed on
let arrivals; // by node: [step, share] in the order of arrival

// What is gone through: the whole graph, or the scalars of a product.
function enter(graph) {
  here = graph;
  node = new Map(here.nodes.map((n) => [n.id, n]));
  forward = here.nodes.filter((n) => n.op).map((n) => ({ phase: "forward", id: n.id }));
  backward = here.backward.map((s) => ({ phase: "backward", ...s }));
  steps = [{ phase: "start" }, ...forward, ...backward];
  turned = 1 + forward.length;
  made = new Map(forward.map((s, i) => [s.id, i + 1]));
  pulled = new Map(backward.map((s, i) => [s.id, turned + i]));
  arrivals = new Map();
  backward.forEach((s, i) => s.shares.forEach((share) => {
    if (!arrivals.has(share.to)) arrivals.set(share.to, []);
    arrivals.get(share.to).push([turned + i, share]);
  }));
  place = steps.length - 1;
  chosen = null;
  $("slider").max = place;
}

let view = 0, place = 0, chosen = null, playing = null, svg = null, box = null;
let zoomed = null, left = 0; // the product whose scalars are shown, and the step at which the whole graph was left
const folded = new Set(); // frames that are folded by hand

// --- Small helpers

function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
const line = (text, kind = "", ...more) => el("p", { class: "formula " + kind }, ...typeset(text), ...more);

// ∇_W J with the W below the line.
const typeset = (text) => text.split(/(?<=∇)_(\S+)/).map((part, i) => (i % 2 ? el("sub", {}, part) : part));

// left = an array: a matrix as a table, else its text.
function equation(left, array, kind = "") {
  if (!array.rows) return line(`${left} = `, kind, el("small", {}, array.text));
  if (array.rows.length < 2) return line(`${left} = ${spell(array)}`, kind);
  return line(`${left} = `, kind, numbers(array));
}
const find = (id) => svg.querySelector(`[id="${id}"]`);
const boxOf = (id) => (zoomed === null && data.views[view].folded[id]) || "n" + id;

// An array in a line: (1, 2; 3, 4), or one number, or what it is like.
const spell = (a) => (!a.rows ? a.text : a.single ? a.rows[0][0] : `(${a.rows.map((row) => row.join(", ")).join("; ")})`);

// --- The picture

function show(template) {
  stage.replaceChildren($("t" + template).content.firstElementChild.cloneNode(true));
  svg = stage.firstElementChild;
  svg.removeAttribute("width");
  svg.removeAttribute("height");
  svg.querySelectorAll("g.node, g.cluster").forEach((g) => {
    const title = g.querySelector("title"), link = g.querySelector("a");
    const words = [...g.querySelectorAll("text")].map((t) => t.textContent).join(" ");
    if (link) { g.append(...link.childNodes); link.parentNode.remove(); }
    if (title) title.textContent = words;
    g.setAttribute("tabindex", "0");
    g.setAttribute("role", "button");
    g.setAttribute("aria-label", words);
    markNumbers(g);
  });
  svg.querySelectorAll("g.edge > title").forEach((t) => t.remove());
  fit();
}

// The numbers of a box stand behind the words "value" and "grad", and appear when they arrive.
function markNumbers(g) {
  let kind = "";
  for (const text of g.querySelectorAll("text")) {
    const word = text.textContent.trim();
    if (word === "value" || word === "grad") kind = word;
    if (kind) text.classList.add("number-" + kind);
  }
}

const full = () => {
  const [x, y, w, h] = svg.dataset.full.split(" ").map(Number);
  return { x, y, w, h };
};
function fit() {
  svg.dataset.full = svg.dataset.full || svg.getAttribute("viewBox");
  const all = full(), { clientWidth: w, clientHeight: h } = stage;
  const scale = Math.max(all.w / w, all.h / h, 0.4) * 1.04; // a small graph is not blown up beyond two and a half
  box = { x: all.x + all.w / 2 - w * scale / 2, y: all.y + all.h / 2 - h * scale / 2, w: w * scale, h: h * scale };
  frame();
}
const frame = () => svg.setAttribute("viewBox", `${box.x} ${box.y} ${box.w} ${box.h}`);
function zoom(factor, at = { x: 0.5, y: 0.5 }) {
  const w = Math.min(Math.max(box.w * factor, 40), 60 * full().w + 1000), ratio = w / box.w;
  box = { x: box.x + at.x * box.w * (1 - ratio), y: box.y + at.y * box.h * (1 - ratio), w, h: box.h * ratio };
  frame();
}
function pan(dx, dy) { box.x += dx * box.w; box.y += dy * box.h; frame(); }
const READABLE = 0.55, GOOD = 1.1; // pixels for each of Graphviz's points
function reveal(element) { // bring it into the window, if it is not there, and to a size at which it can be read
  if (!element || element.classList.contains("inside")) return;
  if (stage.clientWidth / box.w < READABLE) zoom(stage.clientWidth / box.w / GOOD);
  const a = element.getBoundingClientRect(), b = stage.getBoundingClientRect(), edge = 20;
  if (a.left >= b.left + edge && a.right <= b.right - edge && a.top >= b.top + edge && a.bottom <= b.bottom - edge) return;
  pan((a.left + a.right - b.left - b.right) / 2 / b.width, (a.top + a.bottom - b.top - b.bottom) / 2 / b.height);
}

function chooseView(number) {
  if (zoomed !== null) foldScalars();
  view = number;
  folded.clear();
  $("view").value = String(number);
  show(number);
  render();
  if (stage.clientWidth / box.w < READABLE) reveal(find(boxOf(data.result)));
}

function fold(id) {
  const frames = data.views[view].frames;
  if (folded.has(id)) folded.delete(id); else folded.add(id);
  const hidden = new Set([...folded].flatMap((f) => frames[f].inside));
  const gone = (f) => [...folded].some((g) => g !== f && frames[f].inside.every((x) => frames[g].inside.includes(x)) && frames[f].inside.length < frames[g].inside.length);
  svg.querySelectorAll("g.node").forEach((g) => g.classList.toggle("inside", hidden.has(g.id)));
  svg.querySelectorAll("g.edge").forEach((g) => {
    const [from, to] = g.id.split("-");
    const within = [...folded].some((f) => frames[f].inside.includes(from) && frames[f].inside.includes(to));
    g.classList.toggle("inside", within || (hidden.has(from) && from.startsWith("n") && hidden.has(to)) || (from.startsWith("d") && hidden.has(to)));
  });
  svg.querySelectorAll("g.cluster").forEach((g) => {
    g.classList.toggle("folded", folded.has(g.id));
    g.classList.toggle("inside", gone(g.id));
    g.setAttribute("aria-expanded", String(!folded.has(g.id)));
    const label = g.querySelector("text"), { label: name, inside } = frames[g.id];
    if (label) label.textContent = folded.has(g.id) ? `${name}: ${inside.length} boxes folded` : name;
  });
}

function unfoldScalars(id) {
  const number = node.get(id)?.zoom;
  if (number === undefined) return;
  [zoomed, left] = [id, place];
  enter(data.products[number]);
  show(here.template);
  render();
}
function foldScalars() {
  const product = zoomed;
  zoomed = null;
  enter(data);
  [place, chosen] = [left, product];
  show(view);
  render();
}

// --- Where we are

function go(to) {
  place = Math.min(Math.max(to, 0), steps.length - 1);
  const step = steps[place];
  if (step.id !== undefined) chosen = null;
  render();
  if (step.id !== undefined) reveal(find(boxOf(step.id)));
}

const valueHere = (n) => !n.op || made.get(n.id) <= place;
const gradArrived = (n) => (arrivals.get(n.id) || []).filter(([at]) => at <= place);
function gradHere(n) {
  if (!backward.length) return place === steps.length - 1; // it is known from elsewhere
  if (place < turned) return false;
  const all = arrivals.get(n.id);
  return all ? all.every(([at]) => at <= place) : pulled.has(n.id);
}

function render() {
  const step = steps[place];
  root.dataset.phase = step.phase;
  $("slider").value = place;
  $("count").textContent = step.phase === "start" ? "start" :
    step.phase === "forward" ? `forward ${place} / ${forward.length}` : `backward ${place - turned + 1} / ${backward.length}`;
  paint(step);
  explain(step);
  details();
}

function paint(step) {
  svg.querySelectorAll(".now, .flow, .pull, .badge, .chosen").forEach((g) => g.classList.contains("badge") ? g.remove() : g.classList.remove("now", "flow", "pull", "chosen"));
  const seen = new Map(); // by box: whether all of it is there, and its gradient
  for (const n of here.nodes) {
    const id = boxOf(n.id), before = seen.get(id) || { value: false, grad: true };
    seen.set(id, { value: before.value || valueHere(n), grad: before.grad && gradHere(n) });
  }
  svg.querySelectorAll("g.node").forEach((g) => {
    const state = seen.get(g.id);
    if (!state) return;
    g.classList.toggle("later", !state.value);
    g.querySelectorAll(".number-value").forEach((t) => t.classList.toggle("unseen", !state.value));
    g.querySelectorAll(".number-grad").forEach((t) => t.classList.toggle("unseen", !state.grad));
  });
  svg.querySelectorAll("g.edge").forEach((g) => {
    const to = g.id.split("-")[1], state = seen.get(to);
    if (state) g.classList.toggle("later", !state.value);
  });
  if (chosen !== null) find(boxOf(chosen))?.classList.add("chosen");
  if (step.id === undefined) return;
  const at = boxOf(step.id);
  find(at)?.classList.add("now");
  const targets = step.phase === "backward" ? new Set(step.shares.map((s) => boxOf(s.to))) : null;
  const others = targets || new Set(node.get(step.id).inputs.map(boxOf)), alone = at === "n" + step.id && !targets;
  svg.querySelectorAll("g.edge").forEach((g) => {
    const [from, to] = g.id.split("-");
    if (to !== at || !(others.has(from) || (alone && from.startsWith("d")))) return;
    g.classList.add(targets ? "pull" : "flow");
    g.classList.toggle("counter", runsBack(g, find(from)));
  });
  if (targets) for (const share of step.shares) badge(share);
}

// Graphviz draws some arrows from their heads, where the source stands behind its use.
function runsBack(edge, source) {
  const path = edge.querySelector("path"), b = source?.getBBox();
  if (!path || !b) return false;
  const far = (p) => Math.hypot(p.x - b.x - b.width / 2, p.y - b.y - b.height / 2);
  return far(path.getPointAtLength(0)) > far(path.getPointAtLength(path.getTotalLength()));
}

// What has arrived so far at a node that is used more than once, over its box.
function badge(share) {
  const all = arrivals.get(share.to), g = find(boxOf(share.to));
  if (!g || all.length < 2 || g.classList.contains("inside")) return;
  const { x, y } = g.getBBox(), text = document.createElementNS(SVG, "text"), so_far = gradArrived(node.get(share.to));
  const total = spell(share.total), sum = total.length < 22 ? ": " + total : "";
  text.setAttribute("class", "badge");
  text.setAttribute("x", x);
  text.setAttribute("y", y - 4);
  text.textContent = `∇ ${so_far.length} of ${all.length}${sum}`;
  g.append(text);
}

function explain(step) {
  const out = $("step");
  out.className = step.phase === "backward" ? "back" : "";
  if (step.phase === "start") {
    out.replaceChildren(el("h2", {}, "Before the forward pass"), el("p", { class: "hint" }, "Only parameters and data are known. "),
      el("p", { class: "hint" }, el("kbd", {}, "→"), " computes the first node."));
    return;
  }
  const n = node.get(step.id), where = n.path ? ` in ${n.path}` : "";
  if (step.phase === "forward") {
    out.replaceChildren(el("h2", {}, `Forward: ${n.op}${where}`), line(`${n.symbol} = ${n.formula}`));
    for (const id of new Set(n.inputs)) operand(out, node.get(id).symbol, node.get(id).value);
    for (const [name, value] of n.data) operand(out, name, value);
    if (n.value) out.append(equation(n.symbol, n.value));
    return;
  }
  out.replaceChildren(el("h2", {}, `Backward: ${n.op}${where}`), line(`${n.symbol} = ${n.formula}`, "numbers"), equation(step.of, step.g));
  for (const share of step.shares) {
    out.append(line(share.share ? `${share.of} ← ${share.of} + ${share.rule}` : `${share.of} = ${share.rule}`));
    const all = arrivals.get(share.to), before = all[all.findIndex(([, s]) => s === share) - 1];
    if (share.share && before) out.append(line(`= ${spell(before[1].total)} + ${spell(share.share)}`, "numbers"));
    out.append(equation("", share.total, "numbers"));
    if (all.length > 1) out.append(line(`${all.findIndex(([, s]) => s === share) + 1} of ${all.length} arrivals`, "numbers"));
  }
}
function operand(out, symbol, value) {
  if (value) out.append(equation(symbol, value, "numbers"));
}

function details() {
  const out = $("node"), id = chosen ?? steps[place].id ?? null, n = node.get(id);
  const button = (text, act) => {
    const made = el("button", { id: "unfold" }, text);
    made.onclick = act;
    out.append(made);
  };
  out.replaceChildren(el("p", { class: "hint" }, "Click a node for its value, gradient, formula and line."));
  if (zoomed !== null) button("Fold back ( u )", foldScalars);
  if (!n) return;
  const list = el("dl");
  const add = (term, ...what) => list.append(el("dt", {}, term), el("dd", {}, ...what));
  if (n.op && id !== steps[place].id) add("computed", el("span", { class: "formula" }, `${n.symbol} = ${n.formula}`));
  add("shape", (n.shape || "a number") + "  " + n.dtype);
  if (n.path) add("module", n.path);
  if (n.value && valueHere(n)) add("value", numbers(n.value));
  const so_far = gradArrived(n), grad = n.grad || (so_far.length ? so_far[so_far.length - 1][1].total : null);
  if (grad && gradHere(n)) add("gradient", numbers(grad, "gradient"));
  else if (so_far.length) add("gradient so far", numbers(so_far[so_far.length - 1][1].total, "gradient"));
  if (n.line) add("line", n.line.split(/[\\/]/).pop(), document.createElement("br"), n.text ? el("code", {}, n.text) : "");
  out.firstChild.replaceWith(el("h2", {}, n.op ? `${n.name || n.symbol}: ${n.op}` : `${n.name || n.symbol}: a leaf`), list);
  if (n.zoom !== undefined) button("Unfold into scalars ( u )", () => unfoldScalars(n.id));
}

function numbers(array, kind = "") {
  const cls = kind + (array.bad ? " bad" : "");
  if (array.rows) return el("table", { class: cls }, ...array.rows.map((row) => el("tr", {}, ...row.map((x) => el("td", {}, x)))));
  const out = el("div", { class: cls }, array.text);
  if (array.histogram?.length) {
    const most = Math.max(...array.histogram), count = array.histogram.length, bars = document.createElementNS(SVG, "svg");
    bars.setAttribute("class", "bars");
    bars.setAttribute("viewBox", `0 0 ${count} 1`);
    bars.setAttribute("preserveAspectRatio", "none");
    bars.setAttribute("role", "img");
    bars.setAttribute("aria-label", "Histogram: " + array.text);
    array.histogram.forEach((c, i) => {
      const bar = document.createElementNS(SVG, "rect");
      for (const [key, value] of Object.entries({ x: i + 0.05, y: 1 - c / most, width: 0.9, height: c / most })) bar.setAttribute(key, value);
      bars.append(bar);
    });
    out.append(bars, el("div", { class: "ends" }, el("span", {}, array.ends[0]), el("span", {}, array.ends[1])));
  }
  return out;
}

// --- Search

let hits = [], hit = -1;
function search(words) {
  svg.querySelectorAll(".hit").forEach((g) => g.classList.remove("hit"));
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  hits = wanted.length ? here.nodes.filter((n) => {
    const text = [n.name, n.symbol, n.op || "leaf", n.shape, n.shape.replaceAll("×", "x"), n.path].join(" ").toLowerCase();
    return wanted.every((w) => text.includes(w));
  }) : [];
  hit = -1;
  hits.forEach((n) => find(boxOf(n.id))?.classList.add("hit"));
  $("found").textContent = wanted.length ? `${hits.length} found` : "";
}
function nextHit() {
  if (!hits.length) return;
  hit = (hit + 1) % hits.length;
  $("found").textContent = `${hit + 1} of ${hits.length}`;
  choose(hits[hit].id);
}
function choose(id) {
  chosen = id;
  render();
  reveal(find(boxOf(id)));
}

// --- Hands: mouse and keys

function play() {
  if (playing) { clearInterval(playing); playing = null; }
  else {
    if (place === steps.length - 1) go(0);
    playing = setInterval(() => (place < steps.length - 1 ? go(place + 1) : play()), 1100);
  }
  $("play").textContent = playing ? "❚❚ Pause" : "▶ Play";
  $("play").setAttribute("aria-label", playing ? "Pause" : "Play");
}
function toggleTheme() { root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark"; }
function press(g) {
  if (g.classList.contains("cluster")) fold(g.id);
  else if (/^n\d+$/.test(g.id)) { chosen = Number(g.id.slice(1)); render(); }
}

let grip = null;
stage.addEventListener("pointerdown", (e) => { grip = { x: e.clientX, y: e.clientY, far: 0 }; });
window.addEventListener("pointermove", (e) => {
  if (!grip) return;
  const dx = e.clientX - grip.x, dy = e.clientY - grip.y;
  grip = { x: e.clientX, y: e.clientY, far: grip.far + Math.abs(dx) + Math.abs(dy) };
  if (grip.far > 4) { stage.classList.add("dragged"); pan(-dx / stage.clientWidth, -dy / stage.clientHeight); }
});
window.addEventListener("pointerup", (e) => {
  const g = grip && grip.far <= 4 && e.target.closest?.("#stage g.node, #stage g.cluster");
  grip = null;
  stage.classList.remove("dragged");
  if (g) press(g);
});
stage.addEventListener("wheel", (e) => {
  e.preventDefault();
  const b = stage.getBoundingClientRect();
  zoom(Math.exp(Math.max(-0.4, Math.min(0.4, e.deltaY * 0.0016))), { x: (e.clientX - b.left) / b.width, y: (e.clientY - b.top) / b.height });
}, { passive: false });

const keys = {
  ArrowRight: () => go(place + 1), ArrowLeft: () => go(place - 1), Home: () => go(0), End: () => go(steps.length - 1), " ": play,
  "+": () => zoom(0.8), "=": () => zoom(0.8), "-": () => zoom(1.25), f: fit, d: toggleTheme, "/": () => $("search").focus(),
  ArrowUp: () => pan(0, -0.1), ArrowDown: () => pan(0, 0.1), "[": () => pan(-0.1, 0), "]": () => pan(0.1, 0),
  u: () => (zoomed === null ? unfoldScalars(chosen ?? steps[place].id) : foldScalars()),
  Escape: () => { if (zoomed !== null) foldScalars(); else { chosen = null; render(); } },
};
document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const at = e.target;
  if (at.id === "search") {
    if (e.key === "Enter") nextHit();
    if (e.key === "Escape") { at.value = ""; search(""); stage.focus(); }
    return;
  }
  if (at.tagName === "SELECT" || (at.tagName === "BUTTON" && (e.key === " " || e.key === "Enter"))) return;
  if (e.key === "Enter" && at.closest?.("g.node, g.cluster")) return press(at.closest("g.node, g.cluster"));
  const act = keys[e.key];
  if (act) { e.preventDefault(); act(); }
});

$("slider").oninput = (e) => go(Number(e.target.value));
$("search").oninput = (e) => search(e.target.value);
$("view").onchange = (e) => chooseView(Number(e.target.value));
$("view").append(...data.views.map((v, i) => el("option", { value: i }, v.name)));
$("view").hidden = data.views.length < 2;
const clicks = { first: () => go(0), back: () => go(place - 1), next: () => go(place + 1), last: () => go(steps.length - 1), play, in: () => zoom(0.8), out: () => zoom(1.25), fit, theme: toggleTheme };
for (const [id, act] of Object.entries(clicks)) $(id).onclick = act;
$("remarks").append(...data.remarks.map((text) => el("p", {}, text)));
$("remarks").append(el("p", {}, "→ ← step, space plays, Home and End; / searches, f fits, + − zoom, u unfolds a product, d is light or dark. A click on a frame folds it."));
$("legend").append($("t" + data.legend).content);
$("legend").querySelectorAll("g.graph > polygon, title").forEach((t) => t.remove());
$("legend").querySelectorAll("g").forEach((g) => g.removeAttribute("class")); // nothing in it is a node of the graph
root.dataset.theme = data.theme || (window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
window.addEventListener("resize", () => fit());
enter(data);
chooseView(0);
root.dataset.ready = String(Math.round(performance.now()));
