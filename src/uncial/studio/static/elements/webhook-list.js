/** <webhook-list project>: addresses that are told when a job has ended. */
import { api } from "../api.js";
import { h, tellError } from "../dom.js";
import { shownOnce } from "../links.js";

class WebhookList extends HTMLElement {
  connectedCallback() {
    this.path = `/api/projects/${this.getAttribute("project")}/webhooks`;
    this.list = h("div");
    this.made = h("div");
    const url = h("input", { type: "url", required: true, maxlength: 1000, placeholder: "https://example.org/uncial", autocomplete: "off", "aria-label": "Address" });
    const form = h("form", { class: "row end" }, h("label", { class: "grow" }, h("span", {}, "Address"), url), h("button", {}, "Add webhook"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.do(async () => {
        const hook = await api("POST", this.path, { url: url.value });
        url.value = "";
        this.made.replaceChildren(shownOnce("The secret that messages are signed with; it is shown this once.", hook.secret));
      });
    });
    this.append(this.list, form, this.made);
    this.load();
  }

  async load() {
    try {
      const rows = (await api("GET", this.path)).map((hook) => h("tr", {}, h("td", { class: "break" }, hook.url), h("td", {}, words(hook.last)),
        h("td", { class: "number" }, h("button", { class: "plain danger", "aria-label": `Remove ${hook.url}`, onclick: () => this.do(() => api("DELETE", `${this.path}/${hook.id}`)) }, "Remove"))));
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

/** @param {{state: string, problem: string}|null} last */
function words(last) {
  if (!last) return "nothing sent yet";
  return last.state === "sent" ? "the last message was taken" : `${last.state}: ${last.problem || "not sent yet"}`;
}

customElements.define("webhook-list", WebhookList);
