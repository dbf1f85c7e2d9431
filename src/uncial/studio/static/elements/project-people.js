/** <project-people project me owner>: who is in a project, and invitations to it. */
import { api } from "../api.js";
import { copyLink } from "../links.js";
import { ago, h, tellError } from "../dom.js";

const ROLES = ["reader", "reviewer", "editor", "owner"];

class ProjectPeople extends HTMLElement {
  connectedCallback() {
    this.path = `/api/projects/${this.getAttribute("project")}`;
    this.owner = this.hasAttribute("owner");
    this.list = h("section", { class: "scroll" });
    this.open = h("div");
    this.append(this.list);
    if (this.owner) this.append(this.invite());
    this.load();
  }

  invite() {
    const role = choice("editor", "Role of the one invited");
    const note = h("input", { maxlength: 100, autocomplete: "off" });
    const form = h("form", { class: "row end" },
      h("label", { class: "grow" }, h("span", {}, "For whom, as a note to yourself"), note),
      h("label", {}, h("span", {}, "Role"), role), h("button", { class: "primary" }, "Make invitation"));
    const made = h("div");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.do(async () => {
        const { link } = await api("POST", `${this.path}/invitations`, { role: role.value, note: note.value });
        note.value = "";
        made.replaceChildren(copyLink(link));
      });
    });
    return h("section", { class: "card" }, h("h2", {}, "Invite somebody"), form, made, this.open);
  }

  async load() {
    try {
      this.people(await api("GET", `${this.path}/people`));
      if (this.owner) this.invitations(await api("GET", `${this.path}/invitations`));
    } catch (error) {
      tellError(error);
    }
  }

  people(people) {
    const rows = people.map((one) => {
      const mine = String(one.id) === this.getAttribute("me");
      const role = choice(one.role, `Role of ${one.name}`);
      role.addEventListener("change", () => this.do(() => api("PUT", `${this.path}/people/${one.id}`, { role: role.value })));
      const gone = () => api("DELETE", `${this.path}/people/${one.id}`).then(() => { if (mine) location.assign("/"); });
      return h("tr", {}, h("td", {}, one.name, mine && h("span", { class: "faint" }, " (you)")), h("td", {}, this.owner ? role : one.role),
        h("td", {}, ago(one.since)),
        h("td", { class: "number" }, (this.owner || mine) && h("button", { class: "plain danger", "aria-label": mine ? "Leave this project" : `Remove ${one.name}`, onclick: () => this.do(gone) }, mine ? "Leave" : "Remove")));
    });
    const head = ["Name", "Role", "Since"].map((words) => h("th", { scope: "col" }, words));
    this.list.replaceChildren(h("table", { class: "middle" }, h("thead", {}, h("tr", {}, ...head, h("th", {}, h("span", { class: "visually-hidden" }, "Remove")))), h("tbody", {}, ...rows)));
  }

  invitations(open) {
    const rows = open.map((one) => h("li", { class: "row" }, h("span", { class: "grow" }, `${one.note || "somebody"} as ${one.role}, made ${ago(one.created)}, not taken yet`),
      h("button", { class: "plain danger", "aria-label": `Withdraw the invitation of ${one.note || "somebody"}`, onclick: () => this.do(() => api("DELETE", `${this.path}/invitations/${one.id}`)) }, "Withdraw")));
    this.open.replaceChildren(...(rows.length ? [h("h3", {}, "Open invitations"), h("ul", { class: "plain" }, ...rows)] : []));
  }

  async do(what) {
    try {
      await what();
    } catch (error) {
      tellError(error);
    }
    await this.load();
  }
}

/** @param {string} now @param {string} label */
function choice(now, label) {
  return h("select", { "aria-label": label }, ...ROLES.map((role) => h("option", { selected: role === now }, role)));
}

customElements.define("project-people", ProjectPeople);
