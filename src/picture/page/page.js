"use strict";
(() => {
const data = JSON.parse(document.getElementById("data").textContent);
const tip = document.getElementById("tip");
const make = (tag, text, parent) => {
  const one = document.createElement(tag);
  if (text !== undefined) one.textContent = text;
  if (parent) parent.append(one);
  return one;
};

// Light and dark.
const root = document.documentElement, theme = document.getElementById("theme");
const night = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : night.matches;
const named = () => { theme.textContent = isDark() ? "Light" : "Dark"; theme.setAttribute("aria-label", isDark() ? "Light colours" : "Dark colours"); };
try { const kept = localStorage.getItem("batchcast-theme"); if (kept === "dark" || kept === "light") root.dataset.theme = kept; } catch { /* Not kept, then. */ }
theme.hidden = false;
theme.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  try { localStorage.setItem("batchcast-theme", root.dataset.theme); } catch { /* Not kept, then. */ }
  named();
});
night.addEventListener("change", named);
named();

// Words.
const group = n => String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
const number = n => {
  const [whole, rest] = String(n).split(".");
  return whole.length > 4 || (whole[0] === "-" && whole.length > 5) ? group(whole) : rest ? whole + "." + rest : whole;
};
const two = (a, u, b, v) => b ? `${group(a)} ${u} ${b} ${v}` : `${group(a)} ${u}`;
const span = ms => {
  const r = unit => Math.round(ms / unit);
  if (ms > 0 && ms < 1000) return `${Math.round(ms)} ms`;
  if (r(100) < 600) return `${r(100) / 10} s`;
  if (r(1000) < 3600) return two(Math.floor(r(1000) / 60), "min", r(1000) % 60, "s");
  if (r(6e4) < 1440) return two(Math.floor(r(6e4) / 60), "h", r(6e4) % 60, "min");
  return two(Math.floor(r(36e5) / 24), "d", r(36e5) % 24, "h");
};
const exact = ms => {
  const s = Math.floor(ms / 1000), d = Math.floor(s / 86400), p = n => String(n).padStart(2, "0");
  return `${d ? d + " d " : ""}${p(Math.floor(s / 3600) % 24)}:${p(Math.floor(s / 60) % 60)}:${p(s % 60)}`;
};
const H = 36e5, D = 24 * H;
const STEPS = [1, 10, 100, 1e3, 2e3, 5e3, 1e4, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, H, 2 * H, 3 * H, 4 * H, 6 * H, 12 * H, D, 2 * D, 5 * D, 7 * D, 14 * D, 28 * D, 91 * D, 182 * D, 365 * D, 730 * D, 3650 * D];
const clock = (ms, step) => {
  const s = Math.floor(ms / 1e3), m = Math.floor(ms / 6e4), h = Math.floor(ms / H), d = Math.floor(ms / D), p = n => String(n).padStart(2, "0");
  if (!ms) return "0";
  if (step >= D || (ms % D === 0 && step >= H)) return d + " d";
  if (step >= H) return d ? `${d} d ${h % 24} h` : h + " h";
  if (step >= 6e4) return h ? `${h}:${p(m % 60)} h` : m + " min";
  if (step >= 1e3) return m ? `${h}:${p(m % 60)}:${p(s % 60)}` : s + " s";
  return ms + " ms";
};

// Pointing: what each kind of picture tells of a place in it. Each gives [heading, rows of [class, name, value]] or nothing.
const below = (list, value) => {
  let low = 0, high = list.length;
  while (low < high) { const mid = (low + high) >> 1; if (list[mid] <= value) low = mid + 1; else high = mid; }
  return low - 1;
};
const FATES = ["succeeded", "failed", "lost its machine"];
const near = (list, from, to) => list.filter(at => at >= from && at <= to).length;
const TELL = {
  series(h, x) {
    const at = below(h.x, x);
    if (at < 0 || x > h.end) return null;
    const end = at + 1 < h.x.length ? h.x[at + 1] : h.end;
    return [`${exact(h.x[at])} – ${exact(end)}`, h.series.map(s => [s.class, s.name, `${number(s.v[at])} ${h.unit}`])];
  },
  distribution(h, x) {
    const ms = Math.pow(10, x);
    return [`waited at most ${span(ms)}`, h.series.map(s => {
      const at = below(s.x, ms * 1.0001);
      return [s.class, `${s.name} (${group(s.n)} jobs)`, `${(at < 0 ? 0 : s.v[at] * 100).toFixed(1)} %`];
    })];
  },
  bars(h, x, y) {
    const row = h.rows[h.rows.length - 1 - Math.floor(y)];
    if (!row) return null;
    return [`${row.name}: ${row.all} per job`, [["", "jobs", group(row.jobs)], ...row.parts.map(([cause, colour, , mean]) => [colour, cause, mean])]];
  },
  lanes(h, x, y) {
    const lane = Math.floor(h.lanes.length - y);
    if (!(lane in h.lanes)) return null;
    if (!Array.isArray(h.cells)) {
      const at = Math.floor((x - h.cells.from) / h.cells.width), full = (h.cells.full[lane] || [])[at];
      return [h.lanes[lane], [["", exact(x), full === undefined || full === null ? "not there" : `${full} % of vCPUs used`]]];
    }
    const cell = h.cells.find(c => c[0] === lane && c[1] <= x && x < c[3] && c[4] <= y && y <= c[5]);
    if (!cell) return [h.lanes[lane], [["", exact(x), "nothing runs here"]]];
    return [cell[7], [["", "machine", h.lanes[lane]], ["", "placed", exact(cell[1])], ["", "ended", exact(cell[3])], ["", "took", span(cell[3] - cell[2])], [["c0", "c5", "c4"][cell[6]], `attempt ${cell[8]}`, FATES[cell[6]]]]];
  },
  spot(h, x, y, wide) {
    const classes = ["c0", "c1", "c2", "c3", "c4", "c5", "c6"];
    const rows = h.prices.filter(p => p[1] <= x && x < p[2]).map(p => [p[0], h.names[classes.indexOf(p[0])], `${p[3]} USD/h`]);
    const bought = near(h.bought, x - wide, x + wide), taken = near(h.taken, x - wide, x + wide);
    if (bought) rows.push(["c3", "bought about now", group(bought)]);
    if (taken) rows.push(["c5", "taken back about now", group(taken)]);
    return [exact(x), rows.length ? rows : [["", "no Spot instance", ""]]];
  },
};
const show = (told, left, top) => {
  if (!told) { tip.hidden = true; return; }
  tip.replaceChildren();
  make("b", told[0], tip);
  for (const [colour, name, value] of told[1]) {
    const line = make("div", undefined, tip), label = make("span", undefined, line);
    if (colour) make("i", undefined, label).className = `key b-${colour}`;
    label.append(name);
    make("span", value, line);
  }
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = Math.max(6, left + 16 + box.width > innerWidth ? left - 16 - box.width : left + 16) + "px";
  tip.style.top = Math.max(6, Math.min(top + 14, innerHeight - box.height - 6)) + "px";
};

// Pictures of time are zoomed together.
const charts = [...document.querySelectorAll("figure.chart")].filter(one => data.charts[one.id]).map(figure => {
  const about = data.charts[figure.id], plot = figure.querySelector(".plot");
  return { figure, about, plot, svg: plot.querySelector("svg"), xs: figure.querySelector(".xs"), cursor: null };
});
const timed = charts.filter(one => one.about.timed);
const whole = timed.length ? [...timed[0].about.x] : [0, 1];
let view = [...whole];
const LEAST = 1000;
const ACROSS = 20000;
const zoom = (from, to) => {
  const length = Math.min(Math.max(to - from, LEAST), whole[1] - whole[0]);
  from = Math.max(whole[0], Math.min(from, whole[1] - length));
  view = [from, from + length];
  const scale = ACROSS / (whole[1] - whole[0]);
  const step = STEPS.find(s => s >= length / 8) || STEPS[STEPS.length - 1] * Math.ceil(length / 8 / STEPS[STEPS.length - 1]);
  for (const one of timed) {
    const box = one.svg.viewBox.baseVal;
    one.svg.setAttribute("viewBox", `${(from - whole[0]) * scale} 0 ${length * scale} ${box.height}`);
    one.xs.replaceChildren();
    let odd = false;
    for (let at = Math.ceil(from / step) * step; at <= from + length; at += step) {
      const part = (at - from) / length, tick = make("span", clock(at, step), one.xs);
      tick.style.left = part * 100 + "%";
      tick.className = part < 0.035 ? "first" : part > 0.965 ? "last" : odd ? "odd" : "";
      odd = !odd;
    }
    one.figure.querySelector(".reset").disabled = length >= whole[1] - whole[0];
  }
};
const around = (factor, at = (view[0] + view[1]) / 2) => zoom(at - (at - view[0]) * factor, at + (view[1] - at) * factor);
const pan = part => zoom(view[0] + (view[1] - view[0]) * part, view[1] + (view[1] - view[0]) * part);

const cross = (one, part) => {
  for (const other of one.about.timed ? timed : charts.filter(c => !c.about.timed)) {
    other.line = other.line || make("i", undefined, other.plot);
    other.line.className = "cross";
    other.line.hidden = part === null || (!one.about.timed && other !== one);
    if (part !== null) other.line.style.left = part * 100 + "%";
  }
};
for (const one of charts) {
  const { plot, about, figure } = one;
  const range = () => about.timed ? view : about.x;
  const value = part => range()[0] + part * (range()[1] - range()[0]);
  const tell = (across, up, left, top) => {
    const y = about.y[0] + up * (about.y[1] - about.y[0]);
    const told = TELL[about.hover.kind](about.hover, value(across), y, (range()[1] - range()[0]) / 100);
    show(told, left, top);
    cross(one, told ? across : null);
  };
  const place = event => {
    const box = plot.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height].map(part => Math.max(0, Math.min(1, part)));
  };
  const hide = () => { tip.hidden = true; cross(one, null); };
  let begin = null, drag = null;
  plot.addEventListener("pointermove", event => {
    const [across, up] = place(event);
    one.cursor = [across, up];
    tell(across, up, event.clientX, event.clientY);
    if (begin !== null) {
      drag = drag || make("i", undefined, plot);
      drag.className = "drag";
      drag.style.left = Math.min(begin, across) * 100 + "%";
      drag.style.width = Math.abs(across - begin) * 100 + "%";
    }
  });
  plot.addEventListener("pointerleave", hide);
  plot.addEventListener("blur", hide);
  plot.addEventListener("keydown", event => {
    const key = event.key;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.shiftKey && key.startsWith("Arrow")) {
      const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[key];
      const [across, up] = one.cursor || [0.5, 0.5];
      one.cursor = [across + move[0] / 50, up + move[1] / (about.hover.lanes || about.hover.rows || { length: 20 }).length].map(part => Math.max(0, Math.min(0.999, part)));
      const box = plot.getBoundingClientRect();
      tell(one.cursor[0], one.cursor[1], box.left + one.cursor[0] * box.width, box.top + 10);
    } else if (key === "Escape") {
      hide();
    } else if (about.timed && "+=-_0".includes(key)) {
      if (key === "0") zoom(...whole); else around("+=".includes(key) ? 0.5 : 2);
    } else if (about.timed && (key === "ArrowLeft" || key === "ArrowRight")) {
      pan(key === "ArrowLeft" ? -0.25 : 0.25);
    } else return;
    event.preventDefault();
  });
  if (!about.timed) continue;
  plot.addEventListener("pointerdown", event => { if (event.button === 0) { begin = place(event)[0]; plot.setPointerCapture(event.pointerId); } });
  const end = event => {
    if (begin === null) return;
    const [across] = place(event), from = begin;
    begin = null;
    if (drag) { drag.remove(); drag = null; }
    if (event.type === "pointerup" && Math.abs(across - from) > 0.01) zoom(value(Math.min(from, across)), value(Math.max(from, across)));
  };
  plot.addEventListener("pointerup", end);
  plot.addEventListener("pointercancel", end);
  plot.addEventListener("dblclick", () => zoom(...whole));
  const tools = make("div");
  tools.className = "tools";
  figure.classList.add("has-tools");
  figure.querySelector("figcaption").after(tools);
  for (const [text, label, act, name] of [["−", "Zoom out", () => around(2), "out"], ["+", "Zoom in", () => around(0.5), "in"], ["All", "Show the whole time", () => zoom(...whole), "reset"]]) {
    const button = make("button", text, tools);
    button.type = "button";
    button.className = name;
    button.setAttribute("aria-label", label);
    button.title = label;
    button.addEventListener("click", act);
  }
  figure.querySelector(".reset").disabled = true;
}

// Tables are sorted by a heading; again the other way round.
for (const table of document.querySelectorAll("table.sort")) {
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    if (!head.textContent || body.rows.length < 2) return;
    const button = make("button", head.textContent);
    button.type = "button";
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const isNumber = head.classList.contains("n");
      const was = head.getAttribute("aria-sort");
      const order = was ? (was === "descending" ? 1 : -1) : isNumber ? -1 : 1;
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", order > 0 ? "ascending" : "descending");
      const key = row => isNumber ? Number(row.cells[column].dataset.v) : row.cells[column].textContent;
      const rows = [...body.rows].sort((a, b) => {
        const [x, y] = [key(a), key(b)];
        return order * (isNumber ? x - y : x.localeCompare(y, "en", { numeric: true }));
      });
      body.append(...rows);
    });
  });
}

// A link to a story opens it; print opens all.
const open = () => { const one = location.hash && document.getElementById(location.hash.slice(1)); if (one && one.tagName === "DETAILS") one.open = true; };
addEventListener("hashchange", open);
open();
addEventListener("beforeprint", () => { zoom(...whole); for (const one of document.querySelectorAll("details")) one.open = true; });

// What the test of this page asks: that everything is drawn, and answers to pointing, zooming and sorting.
if (location.hash === "#selftest") {
  const faults = [], ask = (holds, what) => { if (!holds) faults.push(what); };
  ask(charts.length === Object.keys(data.charts).length, "a picture is missing");
  let pointed = 0;
  for (const one of charts) {
    const id = one.figure.id, box = one.plot.getBoundingClientRect();
    ask(one.svg.querySelectorAll("polygon,polyline,rect").length > 0, `${id}: nothing is drawn`);
    ask(box.width > 100 && box.height > 40, `${id}: has no room`);
    let told = false;
    for (let step = 1; step < 60 && !told; step++) {
      const across = (step * 7 % 60) / 60;
      one.plot.dispatchEvent(new PointerEvent("pointermove", { clientX: box.left + box.width * across, clientY: box.top + box.height * (step % 10 + 0.5) / 10, bubbles: true }));
      told = !tip.hidden && tip.textContent.length > 3;
    }
    ask(told, `${id}: tells nothing`);
    pointed += told;
    one.plot.dispatchEvent(new PointerEvent("pointerleave"));
    ask(tip.hidden, `${id}: does not stop telling`);
  }
  if (timed.length) {
    const key = name => timed[0].plot.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
    const before = view[1] - view[0];
    key("+");
    ask(Math.abs((view[1] - view[0]) * 2 - before) < 2, "+ does not zoom");
    ask(timed.every(one => one.svg.viewBox.baseVal.width < 10001), "pictures do not zoom together");
    const left = view[0];
    key("ArrowRight");
    ask(view[0] > left, "the right arrow does not move");
    key("0");
    ask(view[0] === whole[0] && view[1] === whole[1], "0 does not show all");
    ask(timed.every(one => one.xs.children.length > 0), "no ticks");
  }
  let sorted = 0;
  for (const table of document.querySelectorAll("table.sort")) {
    const head = table.querySelector("th.n button");
    if (!head) continue;
    const column = head.parentElement.cellIndex;
    for (const order of [-1, 1]) {
      head.click();
      const values = [...table.tBodies[0].rows].map(row => Number(row.cells[column].dataset.v));
      ask(values.every((value, at) => !at || order * (value - values[at - 1]) >= 0), `${table.caption.textContent}: is not sorted`);
    }
    sorted++;
  }
  ask(document.documentElement.scrollWidth <= innerWidth, `the page is ${document.documentElement.scrollWidth} wide in a window of ${innerWidth}`);
  const result = make("pre", JSON.stringify({ width: innerWidth, charts: charts.length, pointed, sorted, faults }), document.body);
  result.id = "selftest";
}
})();
