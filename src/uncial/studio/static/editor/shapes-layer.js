/** Lines and regions of a page as SVG, drawn once and mended where something changed. */
import { middle } from "./geometry.js";

const SVG = "http://www.w3.org/2000/svg";

/** @param {string} name @param {Record<string, any>} attributes @returns {any} */
export function svg(name, attributes = {}) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

const list = (points) => points.map(([x, y]) => `${x},${y}`).join(" ");

/** Above and below the baseline: an area to point at where a line has no outline. */
function ribbon(line, height) {
  const up = line.baseline.map(([x, y]) => [x, y - height * 0.7]);
  const down = line.baseline.map(([x, y]) => [x, y + height * 0.3]).reverse();
  return [...up, ...down];
}

export class ShapesLayer {
  /** @param {any} root the group that is moved with the image */
  constructor(root) {
    this.regions = svg("g", { class: "regions" });
    this.lines = svg("g", { class: "lines" });
    this.path = svg("polyline", { class: "reading-order" });
    this.numbers = svg("g", { class: "numbers" });
    this.handles = svg("g", { class: "handles" });
    this.mark = svg("circle", { class: "mark", visibility: "hidden" });
    root.append(this.regions, this.lines, this.path, this.numbers, this.handles, this.mark);
    this.shapes = new Map();
    this.numbered = false;
  }

  /** Mend what differs from what is drawn. @param {any} state @param {number} height of a usual line, px */
  draw(state, height) {
    this.state = state;
    for (const [id, shape] of this.shapes) if (!state.lines.has(id) && !state.regions.has(id)) { shape.group.remove(); this.shapes.delete(id); }
    for (const region of state.regions.values()) this.put(region, this.regions, () => this.region(region));
    for (const line of state.lines.values()) this.put(line, this.lines, () => this.line(line, height));
    if (this.numbered) this.number(true);
  }

  put(thing, into, make) {
    const shape = this.shapes.get(thing.id);
    if (shape?.thing === thing) return;
    const group = make();
    group.dataset.id = thing.id;
    if (shape) { group.classList.toggle("chosen", shape.group.classList.contains("chosen")); shape.group.replaceWith(group); } else into.append(group);
    this.shapes.set(thing.id, { thing, group });
  }

  region(region) {
    const group = svg("g", { class: "region" });
    group.append(svg("polygon", { points: list(region.boundary) }));
    return group;
  }

  line(line, height) {
    const group = svg("g", { class: "line" });
    const area = line.boundary.length > 2 ? line.boundary : ribbon(line, height);
    group.append(svg("polygon", { points: list(area), class: line.boundary.length > 2 ? "outline" : "ribbon" }));
    if (line.baseline.length > 1) {
      group.append(svg("polyline", { points: list(line.baseline), class: "baseline" }));
      const [x, y] = line.baseline[0];
      group.append(svg("circle", { cx: x, cy: y, class: "start" }));
    }
    return group;
  }

  /** @param {Set<string>} chosen @param {string|null} active */
  choose(chosen, active) {
    for (const [id, { group }] of this.shapes) {
      group.classList.toggle("chosen", chosen.has(id));
      group.classList.toggle("active", id === active);
    }
    this.drawHandles(chosen);
  }

  /** Points of up to three chosen things can be dragged. */
  drawHandles(chosen) {
    this.handles.replaceChildren();
    if (chosen.size > 3) return;
    for (const id of chosen) {
      const thing = this.state.lines.get(id) ?? this.state.regions.get(id);
      for (const part of ["baseline", "boundary"]) {
        if (part === "boundary" && this.state.lines.has(id) && thing.baseline?.length > 1 && !this.outlines) continue;
        (thing?.[part] ?? []).forEach(([x, y], index) => {
          const handle = svg("circle", { cx: x, cy: y, class: `handle ${part}` });
          Object.assign(handle.dataset, { id, part, index });
          this.handles.append(handle);
        });
      }
    }
  }

  /** Show or hide the reading order. @param {boolean} on */
  number(on) {
    this.numbered = on;
    this.numbers.replaceChildren();
    this.path.setAttribute("points", "");
    if (!on) return;
    const middles = this.state.order.map((id) => middle(this.state.lines.get(id)));
    this.path.setAttribute("points", list(middles));
    middles.forEach(([x, y], at) => {
      const words = svg("text", { x, y });
      words.textContent = String(at + 1);
      this.numbers.append(words);
    });
  }

  /** Mark a place on the image, or none. @param {[number, number]|null} p */
  point(p) {
    this.mark.setAttribute("visibility", p ? "visible" : "hidden");
    if (p) { this.mark.setAttribute("cx", String(p[0])); this.mark.setAttribute("cy", String(p[1])); }
  }
}
