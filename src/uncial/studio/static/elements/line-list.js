/** <line-list>: the lines of a page as text; the active one is written below its image. */
import { h, tell } from "../dom.js";
import { caretAt, nextUncertain, pieces, shareOf, UNCERTAIN } from "../editor/confidence.js";
import * as verbs from "../editor/verbs.js";
import "./line-comments.js";

const LEAST = 24; // px that a line's image is high at least

class LineList extends HTMLElement {
  /** @param {import("../editor/edits.js").Edits} edits @param {any} bundle @param {number} page
   * @param {(id: string) => boolean} saved whether the server knows a line */
  begin(edits, bundle, page, saved) {
    this.hasImage = saved;
    this.stamp = bundle.layout.revision;
    this.edits = edits;
    this.page = page;
    this.proposals = bundle.proposals;
    this.direction = bundle.direction;
    this.active = null;
    this.rows = new Map();
    this.list = h("ol", { class: "lines" });
    this.empty = h("div", { class: "empty", hidden: true }, h("p", {}, "No lines yet."), h("p", {}, "Draw baselines on the image (key B), or let a model find the lines."));
    this.comments = h("line-comments");
    this.comments.begin(page, () => { for (const [id, row] of this.rows) row.classList.toggle("commented", this.comments.open(id)); });
    this.append(this.empty, this.list);
    edits.addEventListener("change", (event) => this.draw(event.detail.before));
    this.draw(null);
    this.warm();
  }

  /** What a line says now: by hand, or else as proposed. */
  text(id) { return this.edits.state.texts.get(id) ?? this.proposals[id]?.text ?? ""; }

  byHand(id) { return this.edits.state.texts.has(id); }

  /** @param {any} before the state that is drawn */
  draw(before) {
    const { state } = this.edits;
    this.empty.hidden = state.order.length > 0;
    for (const [id, row] of this.rows) if (!state.lines.has(id)) { row.remove(); this.rows.delete(id); }
    if (this.active && !state.lines.has(this.active)) this.active = null;
    let previous = null;
    state.order.forEach((id, at) => {
      let row = this.rows.get(id);
      if (!row) { row = this.row(id); this.rows.set(id, row); }
      if (row.previousElementSibling !== previous || row.parentNode !== this.list) { if (previous) previous.after(row); else this.list.prepend(row); }
      previous = row;
      if (row.dataset.number !== String(at + 1)) { row.dataset.number = String(at + 1); row.querySelector(".count").textContent = String(at + 1); }
      const shaped = before && before.lines.get(id) !== state.lines.get(id);
      if (id === this.active) { this.fillActive(id, shaped); return; }
      const key = `${this.byHand(id)}|${state.checked.has(id)}|${this.text(id)}`;
      if (row.dataset.key !== key) { row.dataset.key = key; this.fill(row, id); }
    });
  }

  row(id) {
    const row = h("li", { "data-line": id }, h("span", { class: "count", "aria-hidden": "true" }), h("div", { class: "content" }));
    return row;
  }

  fill(row, id) {
    const { state } = this.edits;
    const text = this.text(id);
    const kind = state.checked.has(id) ? "checked" : this.byHand(id) ? "hand" : this.proposals[id] ? "proposed" : "nothing";
    const words = { checked: "checked", hand: "written by hand", proposed: "as a model read it", nothing: "no text" }[kind];
    row.className = kind;
    const shown = kind === "proposed" ? this.coloured(text, id) : [text || "–"];
    row.querySelector(".content").replaceChildren(
      h("button", { class: "text", dir: "auto", title: words, onclick: () => this.open(id) }, ...shown, h("span", { class: "visually-hidden" }, ` (line ${row.dataset.number}, ${words})`)));
  }

  /** A text whose uncertain characters are marked. */
  coloured(text, id) {
    return pieces(text, this.proposals[id]).map((one) => (one.confidence !== null && one.confidence < UNCERTAIN
      ? h("mark", { class: one.confidence < 0.5 ? "much" : "some" }, one.text) : one.text));
  }

  /** Write in a line. @param {string|null} id @param {{caret?: [number, number]|number|null, focus?: boolean}} [options] */
  open(id, { caret = null, focus = true } = {}) {
    if (id === this.active) { if (focus) this.field?.focus(); this.setCaret(caret); return; }
    const old = this.active;
    this.active = id;
    if (old && this.rows.has(old)) { this.rows.get(old).dataset.key = ""; this.rows.get(old).classList.remove("active"); this.fill(this.rows.get(old), old); }
    this.dispatchEvent(new CustomEvent("active", { detail: id }));
    if (!id) return;
    this.build(id);
    if (focus) this.field.focus({ preventScroll: true });
    this.setCaret(caret ?? 0);
    this.rows.get(id).scrollIntoView({ block: "nearest" });
  }

  build(id) {
    const row = this.rows.get(id);
    row.classList.add("active");
    this.strip = h("img", { class: "strip", alt: "", draggable: "false", onclick: (event) => this.clicked(event) });
    this.strip.addEventListener("load", () => this.fitStrip());
    this.needle = h("span", { class: "needle", "aria-hidden": "true" });
    this.mirror = h("div", { class: "mirror", "aria-hidden": "true", dir: "auto" });
    this.field = h("input", { class: "writing", dir: "auto", spellcheck: "false", autocomplete: "off", autocapitalize: "off", "aria-label": `Text of line ${row.dataset.number}` });
    this.field.addEventListener("input", () => this.typed());
    this.field.addEventListener("keydown", (event) => this.key(event));
    for (const name of ["keyup", "click", "select", "focus"]) this.field.addEventListener(name, () => this.pointed());
    this.field.addEventListener("scroll", () => { this.mirror.scrollLeft = this.field.scrollLeft; });
    row.querySelector(".content").replaceChildren(
      h("div", { class: "strip-box" }, h("div", { class: "strip-inner" }, this.strip, this.needle)),
      h("div", { class: "writing-box" }, this.mirror, this.field),
      this.tools(id), this.comments.about(id));
    this.fillActive(id, true);
  }

  tools(id) {
    const button = (words, keys, run, extra = "") => h("button", { class: `plain small ${extra}`, title: keys, onclick: run }, words);
    this.checkButton = button("Check", "Ctrl+Enter", () => this.check(id));
    return h("div", { class: "row tools-row" }, this.checkButton,
      button("Unclear", "Alt+U: mark what is chosen as unclear", () => this.unclear()),
      button("Gap", "Alt+G: something is missing or cannot be read", () => this.insert("[…]")),
      button("Comment", "Alt+C", () => this.comments.ask()),
      button("Earlier texts", "who read what in this line", () => this.dispatchEvent(new CustomEvent("history", { detail: id }))),
      button("↑", "Alt+↑: earlier in the reading order", () => verbs.reorder(this.edits, id, -1)),
      button("↓", "Alt+↓: later in the reading order", () => verbs.reorder(this.edits, id, 1)));
  }

  fillActive(id, shaped) {
    if (!this.field || !this.rows.get(id)?.contains(this.field)) { this.build(id); return; }
    const text = this.text(id);
    if (this.field.value !== text) { const caret = this.field.selectionStart; this.field.value = text; if (document.activeElement === this.field) this.field.setSelectionRange(caret, caret); }
    this.mirror.replaceChildren(...this.coloured(text, id));
    this.field.classList.toggle("proposed", !this.byHand(id));
    this.checkButton.textContent = this.edits.state.checked.has(id) ? "✓ Checked" : "Check";
    this.checkButton.setAttribute("aria-pressed", String(this.edits.state.checked.has(id)));
    if (shaped) this.reshape(id);
    this.fit();
  }

  /** The line's image; a changed line's is fetched when it is saved. */
  reshape(id) {
    if (this.hasImage(id)) this.strip.src = `/api/pages/${this.page}/lines/${id}/image?${this.stamp}`;
  }

  /** As wide as the pane, but never so flat that it cannot be read: then it moves with the caret. */
  fitStrip() {
    const { strip } = this;
    const flat = (strip.naturalHeight * strip.closest(".strip-box").clientWidth) / strip.naturalWidth < LEAST;
    strip.classList.toggle("long", flat);
    this.pointed();
  }

  /** Let the server open the page's image before a line is wanted. */
  warm() {
    const [first] = this.edits.state.order;
    if (first && this.hasImage(first)) new Image().src = `/api/pages/${this.page}/lines/${first}/image?${this.stamp}`;
  }

  /** The layout was saved: cut the image of the active line anew. */
  saved(stamp) {
    if (stamp === this.stamp) return;
    this.stamp = stamp;
    if (this.active && this.strip) this.reshape(this.active);
    else this.warm();
  }

  /** As large as fits, so that text and image stand about below each other. */
  fit() {
    const room = this.field.clientWidth - 16;
    if (room <= 0) return;
    this.mirror.style.fontSize = "100px";
    const wide = this.mirror.scrollWidth || 1;
    this.mirror.style.fontSize = "";
    const size = Math.max(15, Math.min(26, (100 * room) / Math.max(wide, 1)));
    this.field.style.fontSize = `${size}px`;
    this.mirror.style.fontSize = `${size}px`;
  }

  typed() {
    const id = this.active;
    const value = this.field.value;
    this.edits.edit("write", (draft) => { draft.texts.set(id, value); draft.checked.delete(id); }, `write ${id}`);
    this.pointed();
  }

  /** Show where the caret stands on the image. */
  pointed() {
    const id = this.active;
    if (!id) return;
    const share = shareOf(this.text(id), this.proposals[id], this.field.selectionStart ?? 0);
    const backwards = getComputedStyle(this.field).direction === "rtl";
    this.needle.style.insetInlineStart = `${100 * share}%`;
    this.needle.parentElement.dir = backwards ? "rtl" : "ltr";
    const box = this.needle.closest(".strip-box");
    const place = this.needle.offsetLeft - box.clientWidth / 2;
    if (box.scrollWidth > box.clientWidth) box.scrollLeft = place;
    this.dispatchEvent(new CustomEvent("caret", { detail: { line: id, share: backwards ? 1 - share : share } }));
  }

  clicked(event) {
    const frame = this.strip.getBoundingClientRect();
    const across = (event.clientX - frame.left) / frame.width;
    const share = getComputedStyle(this.field).direction === "rtl" ? 1 - across : across;
    this.field.focus();
    this.setCaret(caretAt(this.text(this.active), this.proposals[this.active], share));
  }

  setCaret(caret) {
    if (caret === null || !this.field) return;
    const [start, end] = Array.isArray(caret) ? caret : [caret, caret];
    this.field.setSelectionRange(start, end);
    this.pointed();
  }

  /** The line before or after, or null. */
  neighbour(by) { return this.edits.state.order[this.edits.state.order.indexOf(this.active) + by] ?? null; }

  /** Take the line as it stands, as text by hand. */
  accept(id) {
    const text = this.text(id);
    if (!this.byHand(id) && text) this.edits.edit("accept a line", (draft) => { draft.texts.set(id, text); });
  }

  check(id) {
    const text = this.text(id);
    const on = !this.edits.state.checked.has(id);
    this.edits.edit(on ? "check a line" : "take back a check", (draft) => { if (on) { draft.texts.set(id, text); draft.checked.add(id); } else draft.checked.delete(id); });
  }

  checkAll() {
    this.edits.edit("check the page", (draft) => { for (const id of draft.order) { draft.texts.set(id, this.text(id)); draft.checked.add(id); } });
    tell("All lines are checked: this page is ground truth.");
  }

  /** Go to the next uncertain character, over lines; false where there is none. */
  seek(way) {
    const { order } = this.edits.state;
    const from = way > 0 ? this.field.selectionEnd : this.field.selectionStart;
    for (let at = order.indexOf(this.active); at >= 0 && at < order.length; at += way) {
      const id = order[at];
      const here = id === this.active;
      const text = this.text(id);
      const found = this.byHand(id) && !here && this.edits.state.checked.has(id) ? null : nextUncertain(text, this.proposals[id], here ? from : way > 0 ? 0 : text.length, way);
      if (found) { this.open(id, { caret: found }); return true; }
    }
    return false;
  }

  key(event) {
    const { key } = event;
    const move = (by) => { const next = this.neighbour(by); if (next) this.open(next); };
    if (event.isComposing) return;
    if (key === "Enter" && event.ctrlKey && event.shiftKey) this.checkAll();
    else if (key === "Enter" && event.ctrlKey) { this.check(this.active); move(1); }
    else if (key === "Enter") { this.accept(this.active); move(1); }
    else if (event.altKey && key.toLowerCase() === "u") this.unclear();
    else if (event.altKey && key.toLowerCase() === "g") this.insert("[…]");
    else if (event.altKey && key.toLowerCase() === "c") this.comments.ask();
    else if (key === "ArrowUp" && event.altKey) verbs.reorder(this.edits, this.active, -1);
    else if (key === "ArrowDown" && event.altKey) verbs.reorder(this.edits, this.active, 1);
    else if (key === "ArrowDown") move(1);
    else if (key === "ArrowUp") move(-1);
    else if (key === "Tab" && !event.ctrlKey && !event.altKey) { if (!this.seek(event.shiftKey ? -1 : 1)) return; }
    else if (key === "Escape") { const id = this.active; this.open(null); this.rows.get(id)?.querySelector("button")?.focus(); }
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Write something where the caret stands. @param {string} text */
  insert(text) {
    if (!this.field) return;
    this.field.focus();
    this.field.setRangeText(text, this.field.selectionStart, this.field.selectionEnd, "end");
    this.typed();
  }

  /** Mark what is chosen as unclear, or take the mark away. */
  unclear() {
    if (!this.field) return;
    const { value } = this.field;
    let [start, end] = [this.field.selectionStart, this.field.selectionEnd];
    if (start === end) { // the word at the caret
      start = value.lastIndexOf(" ", start - 1) + 1;
      end = value.indexOf(" ", end) < 0 ? value.length : value.indexOf(" ", end);
    }
    const chosen = value.slice(start, end);
    if (!chosen) return;
    const marked = /^\[(.*)\?\]$/s.exec(chosen);
    this.field.focus();
    this.field.setRangeText(marked ? marked[1] : `[${chosen}?]`, start, end, "end");
    this.typed();
  }

  /** Other proposals: another layer was chosen. */
  propose(proposals) {
    this.proposals = proposals;
    for (const row of this.rows.values()) row.dataset.key = "";
    this.draw(null);
  }
}

customElements.define("line-list", LineList);
