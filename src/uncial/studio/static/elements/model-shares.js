/** <model-shares model>: which of one's projects may use a model of one's own. */
import { api } from "../api.js";
import { h, tellError } from "../dom.js";

class ModelShares extends HTMLElement {
  connectedCallback() {
    this.load();
  }

  async load() {
    const path = `/api/models/${this.getAttribute("model")}/projects`;
    try {
      const [projects, shares] = await Promise.all([api("GET", "/api/projects"), api("GET", path)]);
      const has = new Set(shares.map((one) => one.id));
      const rows = projects.map((project) => {
        const box = h("input", { type: "checkbox", checked: has.has(project.id) });
        box.addEventListener("change", () => api(box.checked ? "PUT" : "DELETE", `${path}/${project.id}`).catch((error) => { tellError(error); this.load(); }));
        return h("label", { class: "check" }, box, h("span", {}, project.name));
      });
      this.replaceChildren(...(rows.length ? rows : [h("p", { class: "faint" }, "You are in no project yet.")]));
    } catch (error) {
      tellError(error);
    }
  }
}

customElements.define("model-shares", ModelShares);
