/** <page-canvas>: the page's image with its lines and regions, to be chosen, drawn and moved. */
import { svg, ShapesLayer } from "../editor/shapes-layer.js";
import { box, distance } from "../editor/geometry.js";
import * as verbs from "../editor/verbs.js";

const CLICK_PX = 6;

/** Where the image's pixels come from. @param {any} page */
function source(page) {
  const longer = Math.max(page.width, page.height);
  if (longer <= 2200) return { type: "image", url: `/pictures/${page.picture}/preview.jpg` };
  return { width: page.width, height: page.height, tileSize: 512, tileOverlap: 1, minLevel: 9, maxLevel: Math.ceil(Math.log2(longer)),
    getTileUrl: (level, x, y) => `/pictures/${page.picture}/tiles/${level}/${x}_${y}.jpg` };
}

class PageCanvas extends HTMLElement {
  /** @param {import("../editor/edits.js").Edits} edits @param {any} page */
  begin(edits, page, rightToLeft) {
    this.edits = edits;
    this.page = page;
    this.rightToLeft = rightToLeft;
    this.tool = "select";
    this.chosen = new Set();
    this.active = null;
    this.drawn = null;
    this.tabIndex = 0;
    this.setAttribute("role", "application");
    this.setAttribute("aria-label", "Page image. Full stop and comma choose lines, arrow keys move them, question mark lists all keys.");
    this.stage = document.createElement("div");
    this.stage.className = "stage";
    this.append(this.stage);
    this.viewer = window.OpenSeadragon({ element: this.stage, tileSources: source(page), showNavigationControl: false, gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: false },
      gestureSettingsTouch: { clickToZoom: false, dblClickToZoom: false }, keyboardNavEnabled: false, animationTime: 0.3, maxZoomPixelRatio: 6, visibilityRatio: 0.4, minZoomImageRatio: 0.7, drawer: "canvas" });
    Object.assign(this.viewer.innerTracker, { keyDownHandler: null, keyHandler: null });
    this.viewer.canvas.removeAttribute("tabindex"); // the focus stays with this element
    this.svg = svg("svg", { class: "shapes", "aria-hidden": "true" });
    this.root = svg("g");
    this.svg.append(this.root);
    this.layer = new ShapesLayer(this.root);
    this.sketch = svg("polyline", { class: "sketch" });
    this.root.append(this.sketch);
    this.viewer.canvas.append(this.svg);
    for (const name of ["update-viewport", "open", "resize"]) this.viewer.addHandler(name, () => this.place());
    this.svg.addEventListener("pointerdown", (event) => this.press(event));
    this.svg.addEventListener("pointermove", (event) => this.hover(event));
    this.svg.addEventListener("dblclick", (event) => this.double(event));
    this.viewer.addHandler("canvas-click", (event) => { if (event.quick && this.tool === "select" && !event.originalEvent.shiftKey) this.choose([]); });
    edits.addEventListener("change", () => this.draw());
    this.draw();
  }

  draw() {
    const heights = [...this.edits.state.lines.values()].filter((line) => line.boundary.length > 2).slice(0, 40).map((line) => { const b = box(line.boundary); return b[3] - b[1]; }).sort((a, b) => a - b);
    this.lineHeight = heights[Math.floor(heights.length / 2)] ?? this.page.height / 40;
    this.layer.draw(this.edits.state, this.lineHeight);
    this.chosen = new Set([...this.chosen].filter((id) => this.edits.state.lines.has(id) || this.edits.state.regions.has(id)));
    this.layer.choose(this.chosen, this.active);
  }

  /** Keep the shapes on the image. */
  place() {
    const { viewport } = this.viewer;
    if (!viewport || !this.viewer.world.getItemCount()) return;
    const zero = viewport.viewportToViewerElementCoordinates(new window.OpenSeadragon.Point(0, 0));
    const one = viewport.viewportToViewerElementCoordinates(new window.OpenSeadragon.Point(1, 0));
    this.scale = (one.x - zero.x) / this.page.width;
    this.root.setAttribute("transform", `matrix(${this.scale} 0 0 ${this.scale} ${zero.x} ${zero.y})`);
    this.svg.style.setProperty("--scale", String(this.scale));
    this.zero = zero;
  }

  /** Pixels of the page under the pointer. @param {PointerEvent|MouseEvent} event @returns {[number, number]} */
  at(event) {
    const frame = this.svg.getBoundingClientRect();
    const x = (event.clientX - frame.left - this.zero.x) / this.scale;
    const y = (event.clientY - frame.top - this.zero.y) / this.scale;
    return [Math.min(Math.max(x, 0), this.page.width), Math.min(Math.max(y, 0), this.page.height)];
  }

  /** @param {"select"|"line"|"region"|"cut"} tool */
  use(tool) {
    this.tool = tool;
    this.sketchOff();
    this.svg.dataset.tool = tool;
    this.dispatchEvent(new CustomEvent("tool", { detail: tool }));
  }

  choose(ids, { tell = true } = {}) {
    this.chosen = new Set(ids);
    this.layer.choose(this.chosen, this.active);
    if (tell) this.dispatchEvent(new CustomEvent("chosen", { detail: [...this.chosen] }));
  }

  /** Light up the line that is being written, and bring it into sight. */
  activate(id, { pan = true } = {}) {
    this.active = id;
    this.chosen = id ? new Set([id]) : new Set();
    this.layer.choose(this.chosen, id);
    this.layer.point(null);
    const line = id && this.edits.state.lines.get(id);
    if (line && pan && this.scale) this.show([...line.baseline, ...line.boundary]);
  }

  /** Pan so that points can be seen, without zooming. */
  show(points) {
    const [left, top, right, bottom] = box(points);
    const frame = this.svg.getBoundingClientRect();
    const [x, y] = [left * this.scale + this.zero.x, top * this.scale + this.zero.y];
    const [w, hh] = [(right - left) * this.scale, (bottom - top) * this.scale];
    const away = (start, size, room, margin) => (start < margin ? start - margin * 3 : start + size > room - margin ? Math.min(start - margin * 3, start + size - room + margin * 3) : 0);
    const dx = w > frame.width ? 0 : away(x, w, frame.width, 8);
    const dy = away(y, hh, frame.height, 16);
    if (dx || dy) this.viewer.viewport.panBy(new window.OpenSeadragon.Point(dx / this.scale / this.page.width, dy / this.scale / this.page.width));
  }

  fit() { this.viewer.viewport.goHome(); }

  zoom(factor) { this.viewer.viewport.zoomBy(factor); this.viewer.viewport.applyConstraints(); }

  press(event) {
    if (event.button !== 0 || this.panning) return;
    this.focus({ preventScroll: true });
    const start = this.at(event);
    const target = event.target;
    if (this.tool === "line") return this.pressLine(event, start);
    if (this.tool === "region") return this.pressRegion(event, start);
    const id = target.dataset?.id ?? target.parentNode?.dataset?.id;
    if (!id) return;
    event.stopPropagation();
    if (this.tool === "cut") { if (this.edits.state.lines.has(id)) { verbs.cutLine(this.edits, id, start); this.use("select"); } return; }
    if (target.classList.contains("handle")) return this.dragHandle(event, target);
    this.dragThing(event, id, start);
  }

  dragHandle(event, handle) {
    const { id, part, index } = handle.dataset;
    if (event.altKey) { verbs.movePoint(this.edits, id, part, Number(index), null, ""); return; }
    const series = `point ${performance.now()}`;
    this.follow(event, (now) => verbs.movePoint(this.edits, id, part, Number(index), this.at(now), series));
  }

  dragThing(event, id, start) {
    const fresh = !this.chosen.has(id);
    if (fresh) this.choose(event.shiftKey ? [...this.chosen, id] : [id]);
    else if (event.shiftKey) this.choose([...this.chosen].filter((one) => one !== id));
    let last = start;
    const series = `drag ${performance.now()}`;
    const moves = !fresh && !event.shiftKey;
    this.follow(event, (now, far) => {
      if (!moves || !far) return;
      const here = this.at(now);
      verbs.shift(this.edits, this.chosen, here[0] - last[0], here[1] - last[1], series);
      last = here;
    });
  }

  pressLine(event, start) {
    event.stopPropagation();
    this.drawn ??= [];
    const last = this.drawn.at(-1);
    if (last && distance(last, start) * this.scale < CLICK_PX) { this.finishLine(); return; }
    this.drawn.push(start);
    const first = this.drawn.length === 1;
    this.follow(event, (now, far, done) => {
      if (!first || !far) return;
      this.sketchLine([start, this.at(now)]);
      if (done) { this.drawn.push(this.at(now)); this.finishLine(); }
    });
    this.sketchLine(this.drawn);
  }

  finishLine() {
    const points = this.drawn ?? [];
    this.sketchOff();
    if (points.length > 1) this.choose([verbs.addLine(this.edits, points, this.rightToLeft)]);
  }

  pressRegion(event, start) {
    event.stopPropagation();
    this.follow(event, (now, far, done) => {
      const [x, y] = this.at(now);
      const corners = [start, [x, start[1]], [x, y], [start[0], y]];
      this.sketchLine([...corners, start]);
      if (!done) return;
      this.sketchOff();
      if (far) this.choose([verbs.addRegion(this.edits, corners)]);
      this.use("select");
    });
  }

  /** Call with every move until the pointer is let go. */
  follow(event, moved) {
    event.stopPropagation();
    this.svg.setPointerCapture(event.pointerId);
    const begin = [event.clientX, event.clientY];
    let far = false;
    const look = (now, done) => { far ||= Math.hypot(now.clientX - begin[0], now.clientY - begin[1]) > CLICK_PX; moved(now, far, done); };
    const move = (now) => look(now, false);
    const up = (now) => { this.svg.removeEventListener("pointermove", move); look(now, true); };
    this.svg.addEventListener("pointermove", move);
    this.svg.addEventListener("pointerup", up, { once: true });
  }

  hover(event) {
    if (this.tool === "line" && this.drawn?.length) this.sketchLine([...this.drawn, this.at(event)]);
  }

  double(event) {
    const id = event.target.parentNode?.dataset?.id;
    if (this.tool !== "select" || !id || !this.edits.state.lines.has(id)) return;
    if (event.target.classList.contains("baseline")) verbs.addPoint(this.edits, id, this.at(event));
    else this.dispatchEvent(new CustomEvent("write", { detail: { line: id, at: this.at(event) } }));
  }

  sketchLine(points) { this.sketch.setAttribute("points", points.map((p) => p.join(",")).join(" ")); }

  sketchOff() {
    this.drawn = null;
    this.sketch?.setAttribute("points", "");
  }
}

customElements.define("page-canvas", PageCanvas);
