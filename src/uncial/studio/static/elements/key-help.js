/** <key-help>: all keys of the editor. */
import { h } from "../dom.js";
import { asInEscriptorium, EVERYWHERE, layoutKeys, WRITING } from "../editor/keys.js";

class KeyHelp extends HTMLElement {
  connectedCallback() { this.build(); }

  build() {
    const rows = (commands) => commands.filter((one) => one.words).map((one) => [one.keys.join(" or "), one.words]);
    const table = (title, entries) => h("section", {}, h("h3", {}, title), h("table", {}, h("tbody", {}, ...entries.map(([keys, words]) => h("tr", {}, h("td", {}, h("kbd", {}, keys)), h("td", {}, words))))));
    const move = ["Arrow keys", "Move what is chosen by a pixel, with Shift by ten"];
    const layout = rows(layoutKeys()).map((row) => (row[0] === "ArrowLeft" ? move : row));
    this.dialog = h("dialog", { "aria-label": "Keys", class: "keys" }, h("div", { class: "body" }, h("div", { class: "row" }, h("h2", { class: "grow" }, "Keys"), h("button", { autofocus: true, onclick: () => this.dialog.close() }, "Close")),
      h("p", { class: "faint" }, "Single letters count only while the image has the focus; Space and drag pans, the wheel zooms."),
      h("div", { class: "key-columns" }, h("div", {}, table("On the image", layout)), h("div", {}, table("In a line", WRITING), table("Everywhere", rows(EVERYWHERE))))));
    const box = h("input", { type: "checkbox", onchange: () => { localStorage.setItem("keys", box.checked ? "escriptorium" : "own"); this.dialog.remove(); this.build(); this.showModal(); } });
    box.checked = asInEscriptorium();
    this.dialog.querySelector(".faint").after(h("label", { class: "check" }, box, h("span", {}, "Keys as in eScriptorium, where they differ")));
    this.append(this.dialog);
  }

  showModal() { this.dialog.showModal(); }
}

customElements.define("key-help", KeyHelp);
