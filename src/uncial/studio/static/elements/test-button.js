/** <test-button project>: measures a model on the checked lines of a project. */
import { api } from "../api.js";
import { h, tellError } from "../dom.js";
import { askModel } from "../models.js";

class TestButton extends HTMLElement {
  connectedCallback() {
    this.append(h("button", { onclick: () => this.ask() }, "Test a model"));
  }

  async ask() {
    const project = this.getAttribute("project");
    try {
      const documents = await api("GET", `/api/projects/${project}/documents`);
      const model = await askModel({ title: "Test a model on this project's checked lines", go: "Test", kind: "recognition" });
      if (model === undefined) return;
      const { job } = await api("POST", `/api/projects/${project}/tests`, { model, lines: { documents: documents.map((document) => document.id), checked: true } });
      location.assign(`/jobs/${job}`);
    } catch (error) {
      tellError(error);
    }
  }
}

customElements.define("test-button", TestButton);
