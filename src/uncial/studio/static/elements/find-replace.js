/** <find-replace>: find in the lines of a page, look at every change, then make them as one step. */
import { h, tell } from "../dom.js";
import { editSpans } from "../diff.js";

class FindReplace extends HTMLElement {
  /** @param {any} editor */
  begin(editor) {
    this.editor = editor;
    const field = (label) => { const input = h("input", { autocomplete: "off", spellcheck: "false", dir: "auto" }); input.addEventListener("input", () => this.look()); return [input, h("label", { class: "grow" }, h("span", {}, label), input)]; };
    const box = (label, on) => { const input = h("input", { type: "checkbox" }); input.checked = on; input.addEventListener("change", () => this.look()); return [input, h("label", { class: "check" }, input, h("span", {}, label))]; };
    const [find, findLabel] = field("Find");
    const [put, putLabel] = field("Replace with");
    const [regex, regexLabel] = box("Regular expression", false);
    const [exact, exactLabel] = box("Match case", true);
    const [model, modelLabel] = box("Also in what a model read", true);
    Object.assign(this, { find, put, regex, exact, model });
    this.words = h("p", { class: "small faint", role: "status" });
    this.hits = h("div", { class: "preview hits", tabindex: 0, role: "region", "aria-label": "What would be changed" });
    this.go = h("button", { class: "primary", disabled: true }, "Replace");
    const form = h("form", {}, h("h2", {}, "Find and replace on this page"), h("div", { class: "row end" }, findLabel, putLabel),
      h("div", { class: "row" }, regexLabel, exactLabel, modelLabel), this.words, this.hits,
      h("div", { class: "buttons" }, h("button", { type: "button", onclick: () => this.dialog.close() }, "Close"), this.go));
    form.addEventListener("submit", (event) => { event.preventDefault(); this.replace(); });
    this.dialog = h("dialog", { "aria-label": "Find and replace" }, form);
    this.append(this.dialog);
  }

  open() {
    const chosen = String(getSelection() ?? "");
    if (chosen && !chosen.includes("\n")) this.find.value = chosen;
    this.look();
    this.dialog.showModal();
    this.find.select();
  }

  pattern() {
    if (!this.find.value) return null;
    const source = this.regex.checked ? this.find.value : this.find.value.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
    return new RegExp(source, `gu${this.exact.checked ? "" : "i"}`);
  }

  look() {
    this.changes = [];
    let pattern;
    try { pattern = this.pattern(); } catch (error) { this.words.textContent = `This is no regular expression: ${error.message}`; this.show(0); return; }
    if (!pattern) { this.words.textContent = ""; this.show(0); return; }
    let hits = 0;
    const { text, edits } = this.editor;
    edits.state.order.forEach((id, at) => {
      if (!this.model.checked && !text.byHand(id)) return;
      const before = text.text(id);
      const steps = [];
      let end = 0;
      for (const match of before.matchAll(pattern)) {
        if (!match[0]) continue;
        hits += 1;
        const one = new RegExp(pattern.source, pattern.flags.replace("g", "y"));
        one.lastIndex = match.index;
        const whole = before.replace(one, this.regex.checked ? this.put.value : () => this.put.value);
        const put = whole.slice(match.index, whole.length - (before.length - match.index - match[0].length));
        steps.push(["equal", before.slice(end, match.index), ""], ["replace", match[0], put]);
        end = match.index + match[0].length;
      }
      if (!steps.length) return;
      steps.push(["equal", before.slice(end), ""]);
      const after = steps.map(([kind, gone, come]) => (kind === "equal" ? gone : come)).join("");
      this.changes.push({ id, at, steps, after });
    });
    this.words.textContent = `${hits} ${hits === 1 ? "hit" : "hits"} in ${this.changes.length} ${this.changes.length === 1 ? "line" : "lines"}`;
    this.show(hits);
  }

  show(hits) {
    this.hits.replaceChildren(...this.changes.map(({ id, at, steps }) => h("div", { class: "hit" },
      h("button", { class: "plain small", "aria-label": `Go to line ${at + 1}`, onclick: (event) => { event.preventDefault(); this.dialog.close(); this.editor.text.open(id); } }, String(at + 1)), h("span", { class: "reading", dir: "auto" }, ...editSpans(steps)))));
    this.go.disabled = hits === 0;
    this.go.textContent = hits ? `Replace ${hits}` : "Replace";
  }

  replace() {
    const { changes } = this;
    if (!changes?.length) return;
    this.editor.edits.edit("find and replace", (draft) => { for (const { id, after } of changes) { draft.texts.set(id, after); draft.checked.delete(id); } });
    tell(`${changes.length} ${changes.length === 1 ? "line" : "lines"} changed.`, "info", "", { label: "Undo", run: () => this.editor.edits.undo() });
    this.look();
    this.dialog.close();
  }
}

customElements.define("find-replace", FindReplace);
