/** <account-view>: what one uses of one's quotas, and tokens for one's programs. */
import { api } from "../api.js";
import { ago, h, tellError } from "../dom.js";
import { shownOnce } from "../links.js";
import { used } from "../quota.js";

class AccountView extends HTMLElement {
  connectedCallback() {
    this.quotas = h("section", { class: "cards" });
    this.list = h("div");
    this.made = h("div");
    const name = h("input", { required: true, maxlength: 100, autocomplete: "off" });
    const days = h("select", {}, ...[["30", "a month"], ["365", "a year"], ["1095", "three years"]].map(([value, words]) => h("option", { value, selected: value === "365" }, words)));
    const form = h("form", { class: "row end" }, h("label", { class: "grow" }, h("span", {}, "What the program is called"), name), h("label", {}, h("span", {}, "Counts for"), days), h("button", {}, "Make token"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.do(async () => {
        const { token } = await api("POST", "/api/account/tokens", { name: name.value, days: Number(days.value) });
        name.value = "";
        this.made.replaceChildren(shownOnce("What the program has to show; it is shown this once.", token));
      });
    });
    this.append(this.quotas, h("section", { class: "card" }, h("h2", {}, "Tokens for programs"), h("p", { class: "faint small" }, "A program with a token may do what you may, but not change your account."), this.list, form, this.made));
    this.load();
  }

  async load() {
    try {
      const me = await api("GET", "/api/account");
      this.quotas.replaceChildren(
        h("div", { class: "card" }, h("h2", {}, "Disk"), used(me.disk, me.disk_quota, "MB"), h("p", { class: "faint small" }, "Images of projects that you own, models and uploads.")),
        h("div", { class: "card" }, h("h2", {}, "Workers, this month"), used(me.minutes, me.minutes_quota, "minutes"), h("p", { class: "faint small" }, "Reading, training and whatever else you started.")));
      const rows = (await api("GET", "/api/account/tokens")).map((token) => h("tr", {}, h("td", {}, token.name), h("td", {}, `made ${ago(token.created)}`), h("td", {}, token.seen ? `used ${ago(token.seen)}` : "never used"),
        h("td", { class: "number" }, h("button", { class: "plain danger", "aria-label": `Remove the token ${token.name}`, onclick: () => this.do(() => api("DELETE", `/api/account/tokens/${token.id}`)) }, "Remove"))));
      this.list.replaceChildren(...(rows.length ? [h("table", { class: "middle" }, h("tbody", {}, ...rows))] : []));
    } catch (error) {
      tellError(error);
    }
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

customElements.define("account-view", AccountView);
