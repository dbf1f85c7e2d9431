/** <line-comments>: what was remarked on the line that is open. */
import { api } from "../api.js";
import { ago, h, tellError } from "../dom.js";

class LineComments extends HTMLElement {
  /** @param {number} page @param {() => void} changed */
  begin(page, changed) {
    this.page = page;
    this.changed = changed;
    this.all = [];
    this.addEventListener("keydown", (event) => { if (event.key === "Escape" && this.asking) { event.stopPropagation(); this.asking = false; this.show(); } });
    this.load();
  }

  async load() {
    try {
      this.all = await api("GET", `/api/pages/${this.page}/comments`);
      this.show();
    } catch (error) {
      tellError(error);
    }
  }

  /** Whether a line has a comment that is not settled. @param {string} line */
  open(line) { return this.all.some((one) => one.line === line && !one.settled); }

  /** @param {string} line */
  about(line) {
    this.line = line;
    this.asking = false;
    this.show();
    return this;
  }

  ask() {
    this.asking = true;
    this.show();
    this.querySelector("input")?.focus();
  }

  show() {
    this.changed();
    const rows = this.all.filter((one) => one.line === this.line).map((one) => h("div", { class: `comment${one.settled ? " settled" : ""}` }, h("p", {}, one.text),
      h("div", { class: "row small faint" }, h("span", {}, `${one.author}, ${ago(one.created)}`), h("button", { class: "plain small", onclick: () => this.settle(one) }, one.settled ? "Open again" : "Settle"))));
    const input = h("input", { "aria-label": "Comment on this line", maxlength: 5000, placeholder: "What is to be asked or remarked?" });
    const form = this.asking && h("form", { class: "row" }, h("div", { class: "grow" }, input), h("button", {}, "Comment"));
    if (form) form.addEventListener("submit", (event) => { event.preventDefault(); this.add(input.value.trim()); });
    this.replaceChildren(...rows, ...(form ? [form] : []));
  }

  async add(text) {
    if (!text) return;
    try {
      this.all.push(await api("POST", `/api/pages/${this.page}/comments`, { text, line: this.line }));
      this.asking = false;
      this.show();
    } catch (error) {
      tellError(error);
    }
  }

  async settle(one) {
    try {
      Object.assign(one, await api("PATCH", `/api/pages/${this.page}/comments/${one.id}`, { settled: !one.settled }));
      this.show();
    } catch (error) {
      tellError(error);
    }
  }
}

customElements.define("line-comments", LineComments);
