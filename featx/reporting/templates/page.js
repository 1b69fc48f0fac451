"use strict";

// Headers become buttons that sort, so that without this script they promise nothing.
function value(row, column) {
  const cell = row.cells[column];
  return "key" in cell.dataset ? Number(cell.dataset.key) : (cell.querySelector(".name") ?? cell).textContent;
}

function order(one, two) {
  if (typeof one === "number" && typeof two === "number") return one - two;
  return String(one).localeCompare(String(two), "en", { numeric: true });
}

function sort(header) {
  const table = header.closest("table");
  const first = "key" in (table.tBodies[0].rows[0]?.cells[header.cellIndex].dataset ?? {}) ? "descending" : "ascending";
  const other = first === "ascending" ? "descending" : "ascending";
  const direction = header.getAttribute("aria-sort") === first ? other : first;
  for (const one of table.tHead.rows[0].cells) one.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", direction);
  const sign = direction === "ascending" ? 1 : -1;
  const rows = [...table.tBodies[0].rows].map((row) => [value(row, header.cellIndex), row]);
  rows.sort((one, two) => sign * order(one[0], two[0]));
  table.tBodies[0].append(...rows.map((pair) => pair[1]));
}

for (const header of document.querySelectorAll("th[data-sort]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...header.childNodes);
  button.addEventListener("click", () => sort(header));
  header.append(button);
}

// What scrolls can be reached by keyboard; what does not is no stop on the way.
// Boxes far down are not laid out before they come near; each is looked at when it gets its size.
function markScrolling(entries) {
  const boxes = entries.map((entry) => entry.target);
  const scrolling = boxes.map((box) => box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight);
  boxes.forEach((box, place) => {
    if (scrolling[place]) {
      box.tabIndex = 0;
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", box.querySelector("caption").textContent);
    } else {
      for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
    }
  });
}
const observer = new ResizeObserver(markScrolling);
for (const box of document.querySelectorAll(".box")) observer.observe(box);

const theme = document.getElementById("theme");
function remembered(...choice) {
  try {
    if (choice.length) localStorage.setItem("featx-theme", choice[0]);
    return localStorage.getItem("featx-theme");
  } catch {
    return null; // some browsers give pages from the file system no storage
  }
}
function show(dark) {
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
  theme.setAttribute("aria-pressed", String(dark));
}
function follow() {
  const saved = remembered();
  show(saved ? saved === "dark" : system.matches);
}
const system = matchMedia("(prefers-color-scheme: dark)");
system.addEventListener("change", follow);
follow();
theme.hidden = false;
theme.addEventListener("click", () => {
  const dark = theme.getAttribute("aria-pressed") !== "true";
  show(dark);
  remembered(dark ? "dark" : "light");
});
