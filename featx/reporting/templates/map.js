
// Maps of features: points to see, to go to by keyboard, and to hear.
const LOOKS = 8; // and seven shapes: 56 values differ in one or the other
const SHAPES = [
  (x, y, r) => `M${x - r},${y}a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0`,
  (x, y, r) => `M${x - r},${y - r}h${2 * r}v${2 * r}h${-2 * r}z`,
  (x, y, r) => `M${x},${y - 1.3 * r}L${x + 1.2 * r},${y + r}L${x - 1.2 * r},${y + r}z`,
  (x, y, r) => `M${x},${y - 1.4 * r}L${x + 1.4 * r},${y}L${x},${y + 1.4 * r}L${x - 1.4 * r},${y}z`,
  (x, y, r) => `M${x},${y + 1.3 * r}L${x + 1.2 * r},${y - r}L${x - 1.2 * r},${y - r}z`,
  (x, y, r) => `M${x - r / 2},${y - 1.4 * r}h${r}v${0.9 * r}h${0.9 * r}v${r}h${-0.9 * r}v${0.9 * r}h${-r}v${-0.9 * r}h${-0.9 * r}v${-r}h${0.9 * r}z`,
  (x, y, r) => `M${x},${y - r / 2}l${0.8 * r},${-0.8 * r}l${r / 2},${r / 2}l${-0.8 * r},${0.8 * r}l${0.8 * r},${0.8 * r}l${-r / 2},${r / 2}l${-0.8 * r},${-0.8 * r}l${-0.8 * r},${0.8 * r}l${-r / 2},${-r / 2}l${0.8 * r},${-0.8 * r}l${-0.8 * r},${-0.8 * r}l${r / 2},${-r / 2}z`,
];
const CLOSE = 16; // pixels within which a point is meant
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const look = (place) => (place < 0 ? "look-none" : `look-${place % LOOKS}`);
const shape = (place) => SHAPES[Math.max(place, 0) % SHAPES.length];

function drawn(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, text] of Object.entries(attributes)) element.setAttribute(key, text);
  return element;
}

class FeatureMap {
  constructor(root) {
    const part = (selector) => root.querySelector(selector);
    this.data = JSON.parse(part("script").textContent);
    [this.svg, this.tip, this.layer, this.colour] = [".plane svg", ".tip", ".layer", ".colour"].map(part);
    [this.name, this.cells, this.mute, this.audio] = [".name", ".cells", ".mute", "audio"].map(part);
    [this.legend, this.hint] = [".values", ".hint"].map(part);
    this.alone = new Set(); // values that are shown alone; all if there are none
    this.chosen = -1;
    this.layer.addEventListener("change", () => this.draw());
    this.colour.addEventListener("change", () => this.recolour());
    part(".find").addEventListener("change", (event) => this.find(event.target.value.trim()));
    this.svg.addEventListener("pointermove", (event) => this.point(this.at(event)));
    this.svg.addEventListener("pointerleave", () => this.point(-1));
    this.svg.addEventListener("click", (event) => this.choose(this.at(event), true));
    this.svg.addEventListener("keydown", (event) => this.press(event));
    new ResizeObserver(() => this.draw()).observe(this.svg);
    this.recolour();
  }

  get column() { return this.data.columns[this.colour.value]; }
  get points() { return this.data.places[this.layer.value]; }

  // Where a point is, in pixels.
  x(point) { return this.edge + (this.points[2 * point] / 1000) * this.side; }
  y(point) { return this.edge + (this.points[2 * point + 1] / 1000) * this.side; }
  isShown(point) { return !this.alone.size || this.alone.has(this.column.places[point]); }

  draw() {
    const width = this.svg.clientWidth || 300;
    this.radius = Math.max(2.5, Math.min(5, width / Math.sqrt(this.data.names.length) / 4.5));
    this.edge = 12;
    this.side = width - 2 * this.edge;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${width}`);
    const paths = new Map();
    this.column.places.forEach((place, point) => {
      const path = shape(place)(...[this.x(point), this.y(point)].map((at) => +at.toFixed(1)), this.radius);
      paths.set(place, (paths.get(place) ?? "") + path);
    });
    const isDim = (place) => this.alone.size > 0 && !this.alone.has(place);
    const groups = [...paths].sort((one, two) => isDim(two[0]) - isDim(one[0]) || one[0] - two[0]);
    this.svg.replaceChildren(...groups.map(([place, path]) =>
      drawn("path", { class: `points ${look(place)}${isDim(place) ? " dim" : ""}`, d: path })));
    this.rings = [0, 1].map(() => this.svg.appendChild(drawn("circle", { class: "ring", r: this.radius + 4, visibility: "hidden" })));
    this.ring(0, this.chosen);
  }

  ring(number, point) {
    const place = point < 0 ? { visibility: "hidden" } : { visibility: "visible", cx: this.x(point), cy: this.y(point) };
    for (const [key, text] of Object.entries(place)) this.rings[number].setAttribute(key, text);
  }

  recolour() {
    this.alone.clear();
    const { values, places } = this.column;
    const counts = new Map();
    for (const place of places) counts.set(place, (counts.get(place) ?? 0) + 1);
    const named = values.map((value, place) => [value, place]);
    if (counts.has(-1)) named.push(["unknown", -1]);
    this.hint.hidden = values.length <= LOOKS * SHAPES.length;
    this.hint.textContent = `After ${LOOKS * SHAPES.length} values, colours with their shapes come again. Press a value to show it alone.`;
    this.legend.replaceChildren(...named.map(([value, place]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-pressed", "false");
      const sign = drawn("svg", { viewBox: "0 0 16 16", "aria-hidden": "true", class: look(place) });
      sign.append(drawn("path", { d: shape(place)(8, 8, 5) }));
      button.append(sign, `${value} (${counts.get(place)})`);
      button.addEventListener("click", () => this.toggle(button, place));
      const item = document.createElement("li");
      item.append(button);
      return item;
    }));
    this.draw();
  }

  toggle(button, place) {
    const on = !this.alone.delete(place);
    if (on) this.alone.add(place);
    button.setAttribute("aria-pressed", String(on));
    this.draw();
  }

  at(event) {
    const box = this.svg.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    return this.nearest((point) => {
      const distance = Math.hypot(this.x(point) - x, this.y(point) - y);
      return distance < CLOSE ? distance : Infinity;
    });
  }

  // The point that costs least; -1 if none costs less than Infinity.
  nearest(cost) {
    let [best, least] = [-1, Infinity];
    for (let point = 0; point < this.data.names.length; point++) {
      const own = this.isShown(point) ? cost(point) : Infinity;
      if (own < least) [best, least] = [point, own];
    }
    return best;
  }

  value(name, point) {
    const { values, places } = this.data.columns[name];
    return values[places[point]] ?? "unknown";
  }

  point(point) {
    this.ring(1, point);
    this.tip.hidden = point < 0;
    if (point < 0) return;
    this.tip.textContent = `${this.data.names[point]}: ${this.value(this.colour.value, point)}`;
    const [x, y, width] = [this.x(point), this.y(point), this.svg.clientWidth];
    const across = x < width / 2 ? { left: `${x + 14}px`, right: "" } : { left: "", right: `${width - x + 14}px` };
    Object.assign(this.tip.style, across, { top: `${Math.max(0, Math.min(y - 12, width - 60))}px` });
  }

  choose(point, play) {
    this.chosen = point;
    this.ring(0, point);
    this.audio.pause();
    const sound = this.data.sounds[point] ?? "";
    this.name.textContent = this.data.names[point] ?? "No utterance is chosen.";
    this.name.classList.toggle("quiet", point < 0);
    this.mute.hidden = point < 0 || sound !== "";
    this.audio.hidden = sound === "";
    this.cells.replaceChildren(...(point < 0 ? [] : [...this.colour.options].map((option) => option.value)).map((name) => {
      const pair = document.createElement("div");
      for (const [tag, text] of [["dt", `${name}: `], ["dd", this.value(name, point)]]) {
        pair.appendChild(document.createElement(tag)).textContent = text;
      }
      return pair;
    }));
    if (sound) this.audio.src = sound;
    else this.audio.removeAttribute("src");
    if (play) this.play();
  }

  play() {
    if (!this.audio.hidden) this.audio.play().catch(() => { this.mute.hidden = false; });
  }

  find(text) {
    const place = this.data.names.indexOf(text);
    const found = place < 0 && text ? this.data.names.findIndex((name) => name.includes(text)) : place;
    if (text) this.choose(found, false);
    if (text && found < 0) this.name.textContent = "No such utterance in the map.";
  }

  press(event) {
    const way = WAYS[event.key];
    if (way) this.choose(this.next(way), false);
    else if (event.key === "Escape") this.choose(-1, false);
    else if (event.key === "Enter" || event.key === " ") this.play();
    else return;
    event.preventDefault();
  }

  // The next point in a direction; the middlemost if none is chosen.
  next([right, down]) {
    const middle = this.edge + this.side / 2;
    if (this.chosen < 0) return this.nearest((point) => Math.hypot(this.x(point) - middle, this.y(point) - middle));
    const found = this.nearest((point) => {
      const [x, y] = [this.x(point) - this.x(this.chosen), this.y(point) - this.y(this.chosen)];
      const [ahead, aside] = [x * right + y * down, Math.abs(x * down) + Math.abs(y * right)];
      return ahead > 0 && aside <= 2 * ahead ? ahead + 2 * aside : Infinity;
    });
    return found < 0 ? this.chosen : found;
  }
}

for (const root of document.querySelectorAll(".map")) new FeatureMap(root);
