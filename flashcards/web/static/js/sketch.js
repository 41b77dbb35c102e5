// A sketch of boxes, arrows, lines and words. It is kept as numbers: [tool, coordinates, text] for each stroke.

export const SVG = "http://www.w3.org/2000/svg", HEAD = 7, MOST = 400;

/** Draws strokes in `pad`, in place of what is there. */
export function render(pad, strokes) {
  const ink = pad.querySelector(".ink");
  ink.replaceChildren();
  for (const words of pad.querySelectorAll("text")) words.remove();
  for (const [kind, n, label] of strokes) {
    if (kind === "text") {
      const words = pad.appendChild(document.createElementNS(SVG, "text"));
      words.setAttribute("x", n[0]);
      words.setAttribute("y", n[1]);
      words.textContent = label;
    } else ink.appendChild(document.createElementNS(SVG, "path")).setAttribute("d", path(kind, n));
  }
}

/** The sketch in `pad`, with `tools`; `strokes` are those of a draft, `changed` is called with all of them. */
export function sketch(pad, tools, strokes, changed) {
  let tool = "box", drawing = null;
  const point = document.createElementNS(SVG, "circle"), place = [280, 150]; // where the keyboard draws

  function draw() {
    render(pad, drawing ? [...strokes, drawing] : strokes);
    ["cx", "cy"].forEach((name, axis) => point.setAttribute(name, place[axis]));
  }

  function at(event) {
    const box = pad.getBoundingClientRect();
    return [(event.clientX - box.left) * 560 / box.width, (event.clientY - box.top) * 300 / box.height].map(Math.round);
  }

  pad.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary) return drop(); // one finger draws, two move the page and make it larger
    if (begin(at(event))) pad.setPointerCapture(event.pointerId);
  });
  pad.addEventListener("pointermove", (event) => { if (drawing && event.isPrimary) stretch(at(event)); });
  pad.addEventListener("pointerup", ({ isPrimary }) => { if (drawing && isPrimary) end(); });
  pad.addEventListener("pointercancel", drop);

  pad.tabIndex = 0;
  pad.setAttribute("role", "application"); // a screen reader hands it the arrows
  pad.setAttribute("aria-label", "Your sketch: arrows move the point, Space begins and ends a stroke, Escape drops it");
  point.setAttribute("class", "point");
  point.setAttribute("r", 4);
  pad.appendChild(point);
  pad.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (way) {
      [560, 300].forEach((most, axis) => { place[axis] = Math.min(most, Math.max(0, place[axis] + way[axis] * (event.shiftKey ? 5 : 20))); });
      if (drawing) stretch(place);
      else draw();
    } else if (event.key === " " || event.key === "Enter") {
      if (drawing) end();
      else if (begin(place) && tool === "text") end();
    } else if (event.key === "Escape" && drawing) drop();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  tools.addEventListener("click", ({ target }) => {
    const name = target.dataset.tool;
    if (name === "undo") {
      strokes.pop();
      draw();
      changed(strokes);
    } else if (name) {
      tool = name;
      for (const one of tools.querySelectorAll("[aria-pressed]")) one.setAttribute("aria-pressed", one === target);
    }
  });

  function begin([x, y]) {
    if (strokes.length >= MOST) return false;
    drawing = [tool, [x, y, x, y], ""];
    return true;
  }

  function stretch([x, y]) {
    const n = drawing[1];
    if (tool !== "pen") n.splice(2, 2, x, y);
    else if (Math.hypot(x - n.at(-2), y - n.at(-1)) > 3) n.push(x, y);
    draw();
  }

  function end() {
    const done = drawing, [x, y, to, below] = done[1];
    drawing = null;
    if (done[0] === "text") {
      const label = prompt("What stands there?")?.trim().slice(0, 60);
      if (label) keep(["text", [x, y], label]);
    } else if (done[1].length > 4 || Math.hypot(to - x, below - y) > 4) keep(done);
  }

  function drop() {
    drawing = null;
    draw();
  }

  function keep(stroke) {
    strokes.push(stroke);
    draw();
    changed(strokes);
  }
  draw();
}

function path(kind, n) {
  const [x, y, to, below] = n;
  if (kind === "box") return `M${x} ${y}H${to}V${below}H${x}Z`;
  if (kind === "pen") return "M" + n.map((one, i) => (i && !(i % 2) ? "L" : i ? " " : "") + one).join("");
  const angle = Math.atan2(below - y, to - x);
  const ends = [1, -1].map((side) => `${Math.round(to - HEAD * Math.cos(angle + side * Math.PI / 7))} ${Math.round(below - HEAD * Math.sin(angle + side * Math.PI / 7))}`);
  return `M${x} ${y}L${to} ${below}M${ends[0]}L${to} ${below}L${ends[1]}`;
}
