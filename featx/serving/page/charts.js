// Bars and probabilities over time, drawn from an answer.

const SVG = "http://www.w3.org/2000/svg";
const LEFT = 78, ROW = 20, AXIS = 26;

export function percent(share) {
  return share > 0 && share < 0.01 ? "<1 %" : `${Math.round(100 * share)} %`;
}

export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  Object.assign(made, properties);
  made.append(...children);
  return made;
}

// Fill a table with a bar for each name. Those in `strong` stand out; `marks` says at which shares
// bars have a mark.
export function bars(body, shares, shown = percent, strong = [], marks = {}) {
  body.replaceChildren(...Object.entries(shares).map(([name, share]) => {
    const bar = element("span");
    bar.style.width = `${100 * share}%`;
    const track = element("span", { className: "track" }, bar);
    if (name in marks) {
      const mark = element("i");
      mark.style.left = `${100 * marks[name]}%`;
      track.append(mark);
    }
    track.setAttribute("aria-hidden", "true");
    const row = element("tr", { className: strong.includes(name) ? "first" : "" },
      element("th", { scope: "row", textContent: name }), element("td", {}, track),
      element("td", { className: "figure", textContent: shown(share, name) }));
    return row;
  }));
}

function draw(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

// Where two windows overlap, each speaks for half of the time that they share.
export function ownTimes(windows) {
  return windows.map((window, place) => {
    const before = windows[place - 1], after = windows[place + 1];
    return [
      before && before.end > window.start ? (before.end + window.start) / 2 : window.start,
      after && after.start < window.end ? (after.start + window.end) / 2 : window.end,
    ];
  });
}

export function likeliest(window) {
  return Object.keys(window.probabilities).reduce((one, other) =>
    window.probabilities[other] > window.probabilities[one] ? other : one);
}

function step(seconds) {
  return [1, 2, 5, 10, 30, 60, 120, 300, 600].find((size) => seconds / size <= 8) ?? 1200;
}

export function time(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

// Draw the probabilities of windows over time, so many pixels wide, and a line where `predicted` of
// a window has a class; clicking calls onSeek with the seconds.
// Returns the picture and a function that marks a time in it.
export function timeline(classes, windows, predicted, seconds, width, onSeek) {
  const height = ROW * classes.length + AXIS;
  const x = (at) => LEFT + (width - LEFT - 8) * (at / seconds);
  const picture = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-labelledby": "time-caption" });
  picture.append(draw("rect", { class: "silence", x: LEFT, y: 0, width: x(seconds) - LEFT, height: ROW * classes.length }));
  const times = ownTimes(windows);
  classes.forEach((name, row) => {
    picture.append(draw("text", { x: LEFT - 6, y: ROW * row + 14, "text-anchor": "end" }, name));
    windows.forEach((window, place) => {
      const [start, end] = times[place];
      const box = { x: x(start), y: ROW * row + 1, width: Math.max(0.5, x(end) - x(start)), height: ROW - 2 };
      picture.append(draw("rect", { ...box, class: "paper", fill: "var(--paper)" }));
      const cell = draw("rect", { ...box, class: "cell", "fill-opacity": window.probabilities[name] });
      cell.append(draw("title", {}, `${name}: ${percent(window.probabilities[name])}, ${start.toFixed(1)} to ${end.toFixed(1)} s`));
      picture.append(cell);
      if (predicted(window).includes(name)) {
        const y = ROW * (row + 0.5);
        picture.append(draw("line", { class: "likeliest", x1: x(start), x2: x(end), y1: y, y2: y }));
      }
    });
  });
  const bottom = ROW * classes.length;
  for (let at = 0; at <= seconds; at += step(seconds)) {
    picture.append(draw("line", { class: "axis", x1: x(at), x2: x(at), y1: bottom, y2: bottom + 4 }));
    const shown = seconds < 60 ? `${at} s` : time(at);
    picture.append(draw("text", { x: x(at), y: bottom + 18, "text-anchor": "middle" }, shown));
  }
  const now = draw("line", { class: "now", y1: 0, y2: bottom, visibility: "hidden" });
  picture.append(now);
  picture.addEventListener("click", (event) => {
    const bounds = picture.getBoundingClientRect();
    const place = (event.clientX - bounds.left) * (width / bounds.width);
    if (place >= LEFT) onSeek(Math.min(seconds, seconds * (place - LEFT) / (width - LEFT - 8)));
  });
  return [picture, (at) => {
    now.setAttribute("x1", x(at));
    now.setAttribute("x2", x(at));
    now.setAttribute("visibility", at > 0 ? "visible" : "hidden");
  }];
}

export function timeTable(table, classes, windows) {
  const head = element("thead", {}, element("tr", {},
    ...["from", "to", ...classes].map((name) => element("th", { scope: "col", textContent: name }))));
  const rows = windows.map((window) => element("tr", {},
    ...[`${window.start.toFixed(1)} s`, `${window.end.toFixed(1)} s`, ...classes.map((name) => percent(window.probabilities[name]))]
      .map((text) => element("td", { textContent: text }))));
  table.replaceChildren(head, element("tbody", {}, ...rows));
}
