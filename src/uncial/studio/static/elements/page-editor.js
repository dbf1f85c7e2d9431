/** <page-editor page>: a page's image beside its text; everything on both sides is one history. */
import { api } from "../api.js";
import { h, tell, tellError } from "../dom.js";
import { Edits, stateFrom } from "../editor/edits.js";
import { at } from "../editor/geometry.js";
import { EVERYWHERE, layoutKeys, perform } from "../editor/keys.js";
import { Saver } from "../editor/saver.js";
import { workOnPages } from "../models.js";
import * as verbs from "../editor/verbs.js";
import "./conflict-dialog.js";
import "./find-replace.js";
import "./glyph-keys.js";
import "./key-help.js";
import "./layer-panel.js";
import "./line-list.js";
import "./page-canvas.js";

const TYPES = ["MainZone", "MarginTextZone", "NumberingZone", "RunningTitleZone", "TableZone", "DefaultLine", "HeadingLine", "InterlinearLine", "DropCapitalLine"];
const SAVED = { saved: "Saved", unsaved: "Not saved yet", saving: "Saving …", failed: "Cannot save", conflict: "Changed by somebody else" };

class PageEditor extends HTMLElement {
  async connectedCallback() {
    this.page = Number(this.getAttribute("page"));
    try {
      this.bundle = await api("GET", `/api/pages/${this.page}`);
      this.build();
    } catch (error) {
      tellError(error);
    }
  }

  build() {
    const { bundle } = this;
    const rightToLeft = bundle.direction === "rl";
    this.edits = new Edits(stateFrom(bundle.layout, bundle.texts));
    this.saver = new Saver(this.page, this.edits, bundle);
    this.canvas = h("page-canvas");
    this.text = h("line-list");
    this.panel = h("layer-panel", { hidden: true });
    this.find = h("find-replace");
    this.glyphs = h("glyph-keys", { hidden: true });
    this.help = h("key-help");
    this.conflicts = h("conflict-dialog");
    const divider = h("div", { class: "divider", role: "separator", "aria-orientation": "vertical", "aria-label": "Width of the image", tabindex: 0, "aria-valuenow": 50 });
    this.panes = h("div", { class: "panes" }, this.canvas, divider, h("div", { class: "writing-pane" }, this.text, this.glyphs), this.panel);
    this.append(this.toolbar(), this.panes, this.find, this.help, this.conflicts);
    this.canvas.begin(this.edits, bundle.page, rightToLeft);
    this.text.begin(this.edits, bundle, this.page, (id) => this.saver.known.lines.has(id));
    this.find.begin(this);
    this.glyphs.begin(this.text);
    this.panel.begin(this);
    this.conflicts.begin(this);
    this.dividing(divider);
    this.listen();
    this.canvas.use("select");
    this.show();
    const wanted = decodeURIComponent(location.hash.slice(1));
    if (this.edits.state.lines.has(wanted)) this.text.open(wanted);
  }

  toolbar() {
    const { bundle } = this;
    const tool = (name, words, keys) => h("button", { "data-tool": name, title: `${words} (${keys})`, "aria-pressed": "false", onclick: () => { this.canvas.use(name); this.canvas.focus(); } }, words);
    const act = (words, keys, run) => h("button", { class: "plain", title: keys, onclick: run }, words);
    this.tools = h("div", { class: "row", role: "group", "aria-label": "Tools" }, tool("select", "Choose", "V"), tool("line", "Line", "B"), tool("region", "Region", "R"), tool("cut", "Cut", "C"));
    this.typeField = h("input", { list: "types", placeholder: "Type", "aria-label": "Type of what is chosen", size: 9, disabled: true });
    this.typeField.addEventListener("change", () => { verbs.setType(this.edits, this.canvas.chosen, this.typeField.value.trim()); this.canvas.focus(); });
    const sign = (mark, words, run) => h("button", { class: "plain", "aria-label": words, onclick: run }, mark);
    this.undoButton = sign("↶", "Undo", () => this.edits.undo());
    this.redoButton = sign("↷", "Redo", () => this.edits.redo());
    this.stateWords = h("span", { class: "save-state faint small", role: "status" });
    this.status = h("select", { "aria-label": "Status of the page" }, ...["new", "segmented", "read", "corrected", "checked"].map((name) => h("option", { value: name }, name)));
    this.status.value = bundle.page.status;
    this.status.addEventListener("change", () => api("PATCH", `/api/pages/${this.page}`, { status: this.status.value }).catch(tellError));
    const turn = (words, id, keys) => h("button", { class: "plain", "aria-label": words, title: `${words} (${keys})`, disabled: !id, onclick: () => this.turn(id) }, words === "Next page" ? "›" : "‹");
    return h("div", { class: "toolbar" },
      h("div", { class: "row" }, turn("Page before", bundle.before, "PageUp"), h("h1", { class: "page-name", title: bundle.page.name }, bundle.page.name), turn("Next page", bundle.after, "PageDown")),
      this.tools, this.typeField,
      h("datalist", { id: "types" }, ...TYPES.map((name) => h("option", { value: name }))),
      h("div", { class: "row" }, this.undoButton, this.redoButton),
      h("div", { class: "row" }, act("Read", "let a model find lines or read them", () => this.work()), act("Find", "Ctrl+H", () => this.find.open()), act("Characters", "Ctrl+K", () => this.glyphs.toggle()),
        act("Layers", "versions of layout and text, compared and restored", () => this.panel.toggle()), h("button", { class: "plain", "aria-label": "Keys", title: "Keys (F1)", onclick: () => this.help.showModal() }, "?")),
      this.stateWords, this.status);
  }

  listen() {
    const { canvas, text, edits, saver } = this;
    edits.addEventListener("change", () => this.show());
    canvas.addEventListener("tool", (event) => { for (const button of this.tools.children) button.setAttribute("aria-pressed", String(button.dataset.tool === event.detail)); });
    canvas.addEventListener("chosen", (event) => {
      const [only] = event.detail;
      this.showType();
      if (event.detail.length === 1 && edits.state.lines.has(only)) text.open(only, { focus: false });
    });
    canvas.addEventListener("write", (event) => { text.open(event.detail.line); });
    text.addEventListener("active", (event) => { if (event.detail && !canvas.chosen.has(event.detail)) canvas.activate(event.detail); else canvas.active = event.detail; this.showType(); });
    text.addEventListener("caret", (event) => this.point(event.detail));
    text.addEventListener("history", (event) => this.panel.history(event.detail));
    saver.addEventListener("state", (event) => this.saved(event.detail));
    canvas.addEventListener("keydown", (event) => perform(layoutKeys(), event, this));
    canvas.addEventListener("keydown", (event) => { if (event.key === " ") { event.preventDefault(); canvas.panning = true; canvas.svg.classList.add("panning"); } });
    canvas.addEventListener("keyup", (event) => { if (event.key === " ") { canvas.panning = false; canvas.svg.classList.remove("panning"); } });
    document.addEventListener("keydown", (event) => { if (!event.defaultPrevented && !document.querySelector("dialog[open]")) perform(EVERYWHERE, event, this); });
  }

  /** Mark on the image where the caret stands. */
  point({ line, share }) {
    const { baseline } = this.edits.state.lines.get(line) ?? {};
    if (!baseline || baseline.length < 2) return;
    const left = baseline[0][0] <= baseline.at(-1)[0];
    this.canvas.layer.point(at(baseline, left ? share : 1 - share));
  }

  show() {
    this.undoButton.disabled = this.edits.past.length === 0;
    this.redoButton.disabled = this.edits.future.length === 0;
    const [last, next] = [this.edits.past.at(-1)?.label, this.edits.future.at(-1)?.label];
    this.undoButton.title = last ? `Undo: ${last} (Ctrl+Z)` : "Ctrl+Z";
    this.redoButton.title = next ? `Redo: ${next} (Ctrl+Y)` : "Ctrl+Y";
    this.showType();
  }

  showType() {
    const chosen = [...this.canvas.chosen].map((id) => this.edits.state.lines.get(id) ?? this.edits.state.regions.get(id)).filter(Boolean);
    this.typeField.disabled = chosen.length === 0;
    if (document.activeElement !== this.typeField) this.typeField.value = chosen.length && chosen.every((one) => one.type === chosen[0].type) ? chosen[0].type : "";
  }

  saved(detail) {
    this.stateWords.textContent = SAVED[detail.state];
    this.stateWords.dataset.state = detail.state;
    if (detail.state === "failed") tellError(detail.error);
    if (detail.state === "conflict") this.conflicts.show(detail);
    if (detail.state === "saved") {
      this.text.saved(this.saver.version.revision);
      if (["new", "segmented", "read"].includes(this.status.value)) api("GET", `/api/pages?ids=${this.page}`).then(([row]) => { this.status.value = row.status; }).catch(() => {});
    }
  }

  /** Let a model find the lines of an empty page, or read those that are there. */
  async work() {
    try {
      if (this.saver.dirty()) await this.saver.save();
      const action = this.edits.state.order.length ? "read" : "segment";
      const job = await workOnPages(action, this.bundle.page.document, [this.page]);
      if (!job) return;
      tell(action === "read" ? "The page is being read." : "The lines are being found.");
      document.addEventListener("job-ended", (event) => { if (event.detail.id === job && event.detail.state === "done") this.reload(); });
    } catch (error) { tellError(error); }
  }

  /** A model is done: show its reading or its lines; what is being written stays. */
  async reload() {
    if (this.saver.dirty()) await this.saver.save();
    const empty = this.edits.state.order.length === 0;
    this.bundle = await api("GET", `/api/pages/${this.page}`);
    if (empty) location.reload();
    else this.text.propose(this.bundle.proposals);
    this.status.value = this.bundle.page.status;
  }

  /* what keys ask for */
  enter() { if (this.canvas.drawn) this.canvas.finishLine(); else { const [id] = this.canvas.chosen; if (this.edits.state.lines.has(id)) this.text.open(id); } }

  join() { const lines = [...this.canvas.chosen].filter((id) => this.edits.state.lines.has(id)); if (lines.length > 1) { verbs.joinLines(this.edits, new Set(lines)); } }

  link(into) { verbs.link(this.edits, this.canvas.chosen, into); }

  reverse() { verbs.reverseLines(this.edits, this.canvas.chosen); }

  remove() { const ids = [...this.canvas.chosen]; if (ids.length) verbs.remove(this.edits, ids); }

  nudge(dx, dy) { if (this.canvas.chosen.size) verbs.shift(this.edits, this.canvas.chosen, dx, dy); }

  step(by) {
    const { order } = this.edits.state;
    const here = order.indexOf([...this.canvas.chosen].at(-1));
    const next = order[here < 0 ? (by > 0 ? 0 : order.length - 1) : here + by];
    if (next) { this.canvas.choose([next]); this.canvas.show(this.edits.state.lines.get(next).baseline); }
  }

  numbers() { this.canvas.layer.number(!this.canvas.layer.numbered); }

  outlines() { this.canvas.layer.outlines = !this.canvas.layer.outlines; this.canvas.layer.choose(this.canvas.chosen, this.canvas.active); }

  swap() { if (this.text.contains(document.activeElement)) this.canvas.focus(); else this.text.open(this.text.active ?? this.edits.state.order[0] ?? null); }

  async turn(id) {
    if (!id) return;
    if (this.saver.dirty()) await this.saver.save();
    location.assign(`/pages/${id}`);
  }

  dividing(divider) {
    const set = (share) => { const kept = Math.min(80, Math.max(20, share)); this.panes.style.setProperty("--image", `${kept}%`); divider.setAttribute("aria-valuenow", String(Math.round(kept))); localStorage.setItem("image-share", String(kept)); };
    set(Number(localStorage.getItem("image-share") ?? 55));
    divider.addEventListener("keydown", (event) => { const by = { ArrowLeft: -2, ArrowRight: 2 }[event.key]; if (by) { event.preventDefault(); set(Number(divider.getAttribute("aria-valuenow")) + by); } });
    divider.addEventListener("pointerdown", (event) => {
      divider.setPointerCapture(event.pointerId);
      const move = (now) => { const frame = this.panes.getBoundingClientRect(); set((100 * (now.clientX - frame.left)) / frame.width); };
      divider.addEventListener("pointermove", move);
      divider.addEventListener("pointerup", () => divider.removeEventListener("pointermove", move), { once: true });
    });
  }
}

customElements.define("page-editor", PageEditor);
