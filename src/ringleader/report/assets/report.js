// The page's own script: theme, chart, and the table of findings, whose rows are made only when they are looked at.
// Texts from evidence reach the page as textContent and in no other way.
(() => {
"use strict";
const $ = (id) => document.getElementById(id);
const root = document.documentElement;
const data = JSON.parse($("data").textContent);
const make = (tag, content, name) => {
  const node = document.createElement(tag);
  if (content !== undefined) node.textContent = content;
  if (name) node.className = name;
  return node;
};
const number = (count) => count.toLocaleString("en");

// Theme: as the system has it, until the reader says otherwise.
const system = matchMedia("(prefers-color-scheme: dark)");
let chosen = null;
function theme() {
  const dark = chosen === null ? system.matches : chosen;
  root.dataset.theme = dark ? "dark" : "light";
  $("theme").textContent = dark ? "Light" : "Dark";
  draw();
}
$("theme").hidden = false;
$("theme").addEventListener("click", () => { chosen = root.dataset.theme !== "dark"; theme(); });
system.addEventListener("change", theme);

// Chart. Vega's interpreter (ast) evaluates its expressions, so the page's policy needs no eval.
let view = null;
async function draw() {
  if (!data.chart || !$("chart")) return;
  const colour = (name) => getComputedStyle(root).getPropertyValue("--" + name).trim();
  const font = getComputedStyle(document.body).fontFamily;
  const dim = colour("dim"), line = colour("line");
  const config = {
    background: "transparent", font,
    view: { stroke: null },
    axis: { labelColor: dim, titleColor: dim, gridColor: line, domainColor: line, tickColor: line, labelFontSize: 11, titleFontWeight: "normal" },
    axisX: { grid: false },
    range: { category: data.levels.map(colour) },
  };
  const done = await vegaEmbed($("chart"), { ...data.chart, config }, {
    ast: true, renderer: "svg", actions: false, defaultStyle: false, tooltip: tip, logLevel: 1,
    loader: { load: () => Promise.reject(new Error("nothing is loaded")) },
  });
  view = done.view;
  let wait = 0;
  view.addSignalListener("brush", (_, brush) => {
    clearTimeout(wait);
    wait = setTimeout(() => {
      const span = brush && brush.from;
      state.from = span ? +span[0] / 1000 : null;
      state.to = span ? +span[1] / 1000 : null;
      apply();
    }, 60);
  });
}
function tip(_, event, __, value) {
  const old = $("tip");
  if (old) old.remove();
  if (value === null || value === undefined || value === "") return;
  const box = make("div", Object.entries(value).map(([name, each]) => name + "  " + each).join("\n"));
  box.id = "tip";
  document.body.append(box);
  box.style.left = Math.min(event.clientX + 12, innerWidth - box.offsetWidth - 8) + "px";
  box.style.top = event.clientY + 14 + "px";
}

// Findings.
const size = 50;
const state = { column: "time", up: true, page: 0, shown: [], intrusion: 0, host: null, cited: null, from: null, to: null };
const total = data.time ? data.time.length : 0;
const level = data.rules.map((rule) => data.levels.indexOf(rule[1]));
let lowered = null;
let clock;
try {
  clock = new Intl.DateTimeFormat("en-CA", { timeZone: data.zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" });
} catch { clock = null; }
const pad = (value, width) => String(value).padStart(width, "0");
function wall(seconds) {
  // As parts, so that the text does not depend on the browser's idea of a locale.
  const whole = new Date(Math.floor(seconds) * 1000);
  if (!clock || data.zone.toUpperCase() === "UTC") return whole.toISOString().slice(0, 19).replace("T", " ");
  const part = {};
  for (const { type, value } of clock.formatToParts(whole)) part[type] = value;
  return `${pad(part.year, 4)}-${part.month}-${part.day} ${part.hour}:${part.minute}:${part.second}`;
}
function ranks(texts) {
  const sorted = texts.map((_, place) => place).sort((a, b) => (texts[a] < texts[b] ? -1 : texts[a] > texts[b] ? 1 : a - b));
  const rank = new Int32Array(texts.length);
  sorted.forEach((place, at) => { rank[place] = at; });
  return rank;
}
const memo = {};
function keys(column) {
  if (memo[column]) return memo[column];
  const rank = column === "host" || column === "account" ? (memo.rank = memo.rank || ranks(data.texts)) : column === "rule" ? ranks(data.rules.map((rule) => rule[0])) : null;
  const out = new Float64Array(total);
  for (let at = 0; at < total; at++) {
    out[at] = column === "time" ? (data.time[at] === null ? Infinity : data.time[at])
      : column === "level" ? level[data.rule[at]]
      : column === "intrusion" ? data.intrusion[at] || Infinity
      : rank[data[column][at]];
  }
  return (memo[column] = out);
}
function matching(texts, word) {
  const out = new Uint8Array(texts.length);
  texts.forEach((content, at) => { out[at] = content.includes(word) ? 1 : 0; });
  return out;
}
// Which findings' times, as shown, contain the word.
function times(word) {
  memo.wall = memo.wall || data.time.map((time) => (time === null ? "" : wall(time)));
  return matching(memo.wall, word);
}
function apply() {
  if (!$("table")) return;
  lowered = lowered || { texts: data.texts.map((t) => t.toLowerCase()), rules: data.rules.map((r) => r.join(" ").toLowerCase()) };
  // Words, and phrases in quotes.
  const words = [...$("query").value.toLowerCase().matchAll(/"([^"]+)"?|[^\s"]+/g)].map((found) => found[1] || found[0]);
  const tests = words.map((word) => [matching(lowered.texts, word), matching(lowered.rules, word), /^\d[\d :-]+$/.test(word) ? times(word) : null]);
  const levels = new Set([...document.querySelectorAll("#filter [name=level]")].filter((box) => box.checked).map((box) => data.levels.indexOf(box.value)));
  const which = $("which").value;
  const campaign = which[0] === "c" ? new Set(data.campaigns[which.slice(1)]) : null;
  // Bars are drawn on the clocks of the report's zone, as if these were UTC; compare like with like.
  const shift = state.from === null ? 0 : offset();
  const shown = [];
  for (let at = 0; at < total; at++) {
    const rule = data.rule[at], part = data.intrusion[at], time = data.time[at];
    if (!levels.has(level[rule])) continue;
    if (which === "leads" ? part : which === "joined" ? !part : false) continue;
    if (campaign && !campaign.has(part)) continue;
    if (state.cited && !state.cited.has(at)) continue;
    if (state.intrusion && part !== state.intrusion) continue;
    if (state.host !== null && data.texts[data.host[at]] !== state.host) continue;
    if (state.from !== null && (time === null || time + shift < state.from || time + shift >= state.to)) continue;
    let fits = true;
    for (const [texts, rules, told] of tests) {
      if (!(rules[rule] || texts[data.host[at]] || texts[data.account[at]] || texts[data.values[at]] || texts[data.kind[at]] || (told && told[at]))) { fits = false; break; }
    }
    if (fits) shown.push(at);
  }
  const by = keys(state.column), way = state.up ? 1 : -1;
  shown.sort((a, b) => (by[a] < by[b] ? -way : by[a] > by[b] ? way : a - b));
  state.shown = shown;
  state.page = 0;
  chips();
  rows();
}
function offset() {
  const middle = (state.from + state.to) / 2;
  return Date.parse(wall(middle).replace(" ", "T") + "Z") / 1000 - Math.floor(middle);
}
function rows() {
  const body = $("table").tBodies[0];
  const pages = Math.max(1, Math.ceil(state.shown.length / size));
  const start = state.page * size;
  const fresh = document.createDocumentFragment();
  for (const at of state.shown.slice(start, start + size)) {
    const [title, grade, techniques] = data.rules[data.rule[at]];
    const row = make("tr");
    row.append(make("td", data.time[at] === null ? "unknown" : wall(data.time[at]), "stamp"));
    const cell = make("td");
    cell.append(make("span", grade, "level " + grade));
    row.append(cell);
    const rule = make("td", title);
    if (techniques) rule.append(make("small", techniques));
    row.append(rule, make("td", data.texts[data.host[at]]), make("td", data.texts[data.account[at]]));
    const inside = make("td");
    if (data.intrusion[at]) {
      const link = make("a", data.intrusion[at]);
      if ($("intrusion-" + data.intrusion[at])) link.href = "#intrusion-" + data.intrusion[at];
      link.setAttribute("aria-label", "Intrusion " + data.intrusion[at]);
      inside.append(link);
    }
    const values = make("td"), text = data.texts[data.values[at]];
    if (text) values.append(make("div", text, "v"));
    row.append(inside, values);
    fresh.append(row);
  }
  body.replaceChildren(fresh);
  const count = state.shown.length;
  $("shown").textContent = count ? `${number(count)} ${count === 1 ? "finding" : "findings"}` : "No finding fits. Clear the filter to see all.";
  $("printed").textContent = count > size ? `${number(Math.min(size, count - start))} of ${number(count)} findings are on this page. The file itself has the others; so has the case.` : "";
  document.querySelector(".pager").hidden = pages < 2;
  $("page").textContent = `${number(start + 1)} to ${number(Math.min(start + size, count))} of ${number(count)}`;
  $("back").disabled = state.page === 0;
  $("next").disabled = state.page >= pages - 1;
}
function chips() {
  const box = $("chips");
  box.replaceChildren();
  const chip = (label, undo) => {
    const button = make("button", label + "  ×", "quiet");
    button.type = "button";
    button.setAttribute("aria-label", "No longer only " + label);
    button.addEventListener("click", () => { undo(); apply(); });
    box.append(button);
  };
  if (state.intrusion) chip("intrusion " + state.intrusion, () => { state.intrusion = 0; });
  if (state.cited) chip("those behind one statement", () => { state.cited = null; });
  if (state.host !== null) chip(state.host ? "host " + state.host : "findings without a host", () => { state.host = null; });
  if (state.from !== null) chip("the time chosen in the chart", unbrush);
  box.hidden = !box.childElementCount;
}
function unbrush() {
  state.from = state.to = null;
  draw();
}
if ($("table")) {
  let wait = 0;
  $("query").addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(apply, total > 20000 ? 160 : 40); });
  $("filter").addEventListener("change", apply);
  $("filter").addEventListener("submit", (event) => event.preventDefault());
  $("filter").addEventListener("reset", () => setTimeout(() => { state.intrusion = 0; state.host = null; state.cited = null; if (state.from !== null) unbrush(); apply(); }));
  $("back").addEventListener("click", () => { state.page--; rows(); });
  $("next").addEventListener("click", () => { state.page++; rows(); });
  for (const head of document.querySelectorAll("#table [data-column]")) {
    head.firstElementChild.addEventListener("click", () => {
      state.up = state.column === head.dataset.column ? !state.up : true;
      state.column = head.dataset.column;
      mark(head, state.up);
      apply();
    });
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".find");
    if (!button) return;
    const { find: wanted = "", campaign, which, cite } = button.dataset;
    $("filter").reset();
    setTimeout(() => {
      state.intrusion = Number(button.dataset.intrusion || 0);
      state.host = button.dataset.host ?? null;
      state.cited = cite ? new Set(cite.split(" ").map((id) => data.ids[id]).filter((at) => at !== undefined)) : null;
      $("which").value = campaign ? "c" + campaign : which || "all";
      $("query").value = /\s/.test(wanted) && !wanted.includes('"') ? `"${wanted}"` : wanted;
      apply();
      if (location.hash !== "#findings") history.pushState(null, "", "#findings");
      turn();
      $("filter").scrollIntoView();
      $("query").focus({ preventScroll: true });
    });
  });
  apply();
}
function mark(head, up) {
  for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
}

// The other tables are in the page already; sorting moves their rows.
for (const table of document.querySelectorAll("table.sortable")) {
  for (const head of table.tHead.rows[0].cells) {
    if (!head.dataset.sort) continue;
    head.firstElementChild.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending", at = head.cellIndex;
      const key = (row) => {
        const cell = row.cells[at], text = cell.dataset.key ?? cell.textContent.trim();
        return head.dataset.sort === "text" ? text : Number(text.replaceAll(",", ""));
      };
      const sorted = [...table.tBodies[0].rows].map((row) => [key(row), row]);
      sorted.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0) * (up ? 1 : -1));
      table.tBodies[0].append(...sorted.map(([, row]) => row));
      mark(head, up);
    });
  }
}

// One page at a time, the one that the address names. Hidden ones can still be found by the browser's search.
const pages = [...document.querySelectorAll("main > .page")];
const links = new Map([...document.querySelectorAll(".top nav a")].map((link) => [link.hash.slice(1), link]));
let open = null;
function turn() {
  const target = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
  const wanted = (target && target.closest(".page")) || pages[0];
  if (wanted !== open) {
    for (const page of pages) {
      if (page === wanted) page.removeAttribute("hidden");
      else page.setAttribute("hidden", "until-found");
    }
    open = wanted;
    const place = links.get(wanted.id) || links.get("campaigns");
    for (const link of links.values()) link.removeAttribute("aria-current");
    place.setAttribute("aria-current", "page");
    place.scrollIntoView({ block: "nearest", inline: "center" });
    scrollTo(0, 0);
  }
  // A link to a whole intrusion unfolds its card, one to a row all that the row is in.
  if (target && target !== wanted) {
    const inside = target.querySelector(":scope > details.fold");
    for (let fold = inside || target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target.scrollIntoView();
  }
}
addEventListener("hashchange", turn);
document.addEventListener("beforematch", (event) => {
  const page = event.target.closest && event.target.closest(".page");
  if (page) { history.replaceState(null, "", "#" + page.id); turn(); }
});
document.addEventListener("click", (event) => {
  // A second click on the link of the page that is open says no hashchange.
  const link = event.target.closest("a[href^='#']");
  if (link && link.hash === location.hash) turn();
});

// Printing unfolds the first intrusions, and folds them again.
const most = 10;
let opened = [];
addEventListener("beforeprint", () => {
  const late = new Set([...document.querySelectorAll(".intrusion")].slice(most));
  opened = [...document.querySelectorAll("details:not([open])")].filter((fold) => !late.has(fold.closest(".intrusion")));
  for (const fold of opened) fold.open = true;
});
addEventListener("afterprint", () => { for (const fold of opened) fold.open = false; });

// A picture shows what one node is joined to.
for (const picture of document.querySelectorAll(".graph svg")) {
  const near = (event) => {
    const node = event.target.closest("[data-node]");
    picture.classList.toggle("asked", Boolean(node));
    for (const each of picture.querySelectorAll(".near")) each.classList.remove("near");
    if (!node) return;
    const id = node.dataset.node, beside = new Set([id]);
    for (const path of picture.querySelectorAll("path")) {
      if (path.dataset.from !== id && path.dataset.to !== id) continue;
      path.classList.add("near");
      beside.add(path.dataset.from).add(path.dataset.to);
    }
    for (const each of picture.querySelectorAll("[data-node]")) if (beside.has(each.dataset.node)) each.classList.add("near");
  };
  picture.addEventListener("mouseover", near);
  picture.addEventListener("mouseleave", near);
}
theme();
turn();
})();
