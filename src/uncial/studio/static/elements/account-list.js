/** <account-list me>: all accounts, for those who look after the studio. */
import { api } from "../api.js";
import { ago, h, tellError } from "../dom.js";
import { copyLink } from "../links.js";
import { used } from "../quota.js";

class AccountList extends HTMLElement {
  connectedCallback() {
    this.list = h("section", { class: "scroll" });
    const note = h("input", { maxlength: 100, autocomplete: "off" });
    const admin = h("input", { type: "checkbox" });
    const made = h("div");
    const form = h("form", { class: "row end" }, h("label", { class: "grow" }, h("span", {}, "For whom, as a note to yourself"), note), h("label", { class: "check" }, admin, h("span", {}, "May look after the studio")), h("button", { class: "primary" }, "Make invitation"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.do(async () => {
        const { link } = await api("POST", "/api/invitations", { note: note.value, admin: admin.checked });
        note.value = "";
        made.replaceChildren(copyLink(link));
      });
    });
    this.append(this.list, h("section", { class: "card" }, h("h2", {}, "Invite somebody to the studio"), form, made));
    this.load();
  }

  async load() {
    try {
      const rows = (await api("GET", "/api/accounts")).map((one) => this.row(one));
      const head = ["Name", "Disk", "Workers, this month", "Quotas", "Since"].map((words) => h("th", { scope: "col" }, words));
      this.list.replaceChildren(h("table", { class: "middle" }, h("thead", {}, h("tr", {}, ...head, h("th", {}, h("span", { class: "visually-hidden" }, "Change")))), h("tbody", {}, ...rows)));
    } catch (error) {
      tellError(error);
    }
  }

  row(one) {
    const mine = String(one.id) === this.getAttribute("me");
    const change = (body) => this.do(() => api("PATCH", `/api/accounts/${one.id}`, body));
    const disk = quota(one.disk_quota, `MB for ${one.name}`, (value) => change({ disk_quota: value }));
    const minutes = quota(one.minutes_quota, `Minutes a month for ${one.name}`, (value) => change({ minutes_quota: value }));
    return h("tr", {}, h("td", {}, one.name, mine && h("span", { class: "faint" }, " (you)"), one.admin && h("span", { class: "badge" }, "admin"), one.disabled && h("span", { class: "badge", "data-state": "failed" }, "closed")),
      h("td", {}, used(one.disk, one.disk_quota, "MB")), h("td", {}, used(one.minutes, one.minutes_quota, "min")),
      h("td", {}, h("div", { class: "row" }, disk, h("span", { class: "small faint" }, "MB"), minutes, h("span", { class: "small faint" }, "min"))), h("td", {}, ago(one.created)),
      h("td", { class: "number" }, !mine && h("div", { class: "row" }, h("button", { onclick: () => change({ admin: !one.admin }) }, one.admin ? "No admin" : "Make admin"),
        h("button", { class: one.disabled ? "" : "danger", onclick: () => change({ disabled: !one.disabled }) }, one.disabled ? "Open again" : "Close"))));
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

/** @param {number} value @param {string} label @param {(value: number|null) => void} changed */
function quota(value, label, changed) {
  const field = h("input", { type: "number", min: 0, value: Math.round(value), "aria-label": label, class: "quota" });
  field.addEventListener("change", () => changed(field.value === "" ? null : Number(field.value)));
  return field;
}

customElements.define("account-list", AccountList);
