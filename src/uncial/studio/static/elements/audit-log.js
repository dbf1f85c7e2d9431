/** <audit-log>: what was done, the newest first; more when asked for. */
import { api } from "../api.js";
import { h, tellError } from "../dom.js";

const when = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

class AuditLog extends HTMLElement {
  connectedCallback() {
    this.rows = h("tbody");
    this.more = h("button", { onclick: () => this.load() }, "Earlier");
    const head = ["When", "Who", "What", "Where", "From"].map((words) => h("th", { scope: "col" }, words));
    this.append(h("div", { class: "scroll card" }, h("table", {}, h("thead", {}, h("tr", {}, ...head)), this.rows)), h("p", {}, this.more));
    this.load();
  }

  async load() {
    try {
      const deeds = await api("GET", `/api/audit?limit=100${this.last ? `&before=${this.last}` : ""}`);
      this.rows.append(...deeds.map((deed) => h("tr", {}, h("td", { class: "when" }, when.format(new Date(deed.at * 1000))), h("td", {}, deed.who), h("td", {}, deed.what), h("td", { class: "break" }, deed.where), h("td", {}, deed.address))));
      this.last = deeds.at(-1)?.id;
      this.more.hidden = deeds.length < 100;
    } catch (error) {
      tellError(error);
    }
  }
}

customElements.define("audit-log", AuditLog);
