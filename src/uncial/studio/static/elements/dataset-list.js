/** <dataset-list project>: the datasets of a project, and a new one. */
import { api } from "../api.js";
import { ago, h, tellError } from "../dom.js";

class DatasetList extends HTMLElement {
  async connectedCallback() {
    this.project = this.getAttribute("project");
    try {
      const [datasets, documents] = await Promise.all([api("GET", `/api/projects/${this.project}/datasets`), api("GET", `/api/projects/${this.project}/documents`)]);
      this.append(datasets.length ? h("ul", { class: "cards" }, ...datasets.map((one) => this.card(one))) : h("div", { class: "empty" }, h("p", {}, "No dataset yet."), h("p", {}, "Make one of whole documents here, or choose pages in a document and add them to one.")), this.maker(documents));
    } catch (error) {
      tellError(error);
    }
  }

  card(one) {
    const last = one.versions[0];
    return h("li", {}, h("a", { class: "card", href: `/datasets/${one.id}` }, h("h2", {}, one.name),
      h("p", { class: "faint small" }, `${one.pages} ${one.pages === 1 ? "page" : "pages"} · ${last ? `version ${last.number}, ${(last.lines ?? 0).toLocaleString("en")} lines, ${ago(last.created)}` : "nothing frozen yet"}`)));
  }

  maker(documents) {
    const name = h("input", { required: true, maxlength: 200, autocomplete: "off" });
    const boxes = documents.map((document) => [h("input", { type: "checkbox" }), document]);
    const form = h("form", {}, h("label", {}, h("span", {}, "Name"), name),
      h("fieldset", {}, h("legend", {}, "With all pages of"), ...boxes.map(([box, document]) => h("label", { class: "check" }, box, h("span", {}, document.name)))),
      h("button", { class: "primary" }, "Make dataset"));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        const made = await api("POST", `/api/projects/${this.project}/datasets`, { name: name.value, documents: boxes.filter(([box]) => box.checked).map(([, document]) => document.id) });
        location.assign(`/datasets/${made.id}`);
      } catch (error) { tellError(error); }
    });
    return h("section", { class: "card maker" }, h("h2", {}, "New dataset"), form);
  }
}

customElements.define("dataset-list", DatasetList);
