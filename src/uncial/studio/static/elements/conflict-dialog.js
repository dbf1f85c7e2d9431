/** <conflict-dialog>: two people changed the same; both versions are shown, and one is chosen. */
import { h } from "../dom.js";
import { editSpans, alignSteps } from "../diff.js";

class ConflictDialog extends HTMLElement {
  /** @param {any} editor */
  begin(editor) {
    this.editor = editor;
    this.items = h("div");
    this.dialog = h("dialog", { "aria-label": "Changed by somebody else" }, h("div", { class: "body" }, h("h2", {}, "Somebody else changed the same"),
      h("p", {}, "Nothing is lost: the text that you do not choose stays in the line's earlier texts."), this.items));
    this.dialog.addEventListener("cancel", (event) => event.preventDefault());
    this.append(this.dialog);
  }

  /** @param {{texts?: any[], layout?: any}} detail */
  show(detail) {
    for (const one of detail.texts ?? []) this.items.append(this.text(one));
    if (detail.layout) this.items.append(this.layout(detail.layout));
    if (!this.dialog.open) this.dialog.showModal();
  }

  settled(card) {
    card.remove();
    if (!this.items.childElementCount) this.dialog.close();
  }

  text({ line, mine, theirs }) {
    const choose = (ours) => () => { this.editor.saver.settleText(line, theirs, ours); this.settled(card); };
    const card = h("div", { class: "card" },
      h("p", { class: "faint small" }, `${theirs.author || "Somebody"} wrote:`), h("p", { class: "reading" }, theirs.text),
      h("p", { class: "faint small" }, "You wrote, with what differs:"), h("p", { class: "reading" }, ...editSpans(alignSteps(theirs.text, mine))),
      h("div", { class: "buttons" }, h("button", { onclick: choose(false) }, "Take theirs"), h("button", { class: "primary", onclick: choose(true) }, "Keep mine")));
    return card;
  }

  layout(theirs) {
    const choose = (ours) => () => { this.editor.saver.settleLayout(theirs, ours); this.settled(card); };
    const count = theirs.things.length;
    const card = h("div", { class: "card" }, h("p", {}, `${count} ${count === 1 ? "line or region was" : "lines or regions were"} changed or removed, which you changed too.`),
      h("div", { class: "buttons" }, h("button", { onclick: choose(false) }, "Take theirs"), h("button", { class: "primary", onclick: choose(true) }, "Keep mine")));
    return card;
  }
}

customElements.define("conflict-dialog", ConflictDialog);
