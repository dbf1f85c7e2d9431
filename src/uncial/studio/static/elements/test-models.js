/** <test-models project>: choose models and lines, then measure or compare. */
import { api } from "../api.js";
import { h, tellError } from "../dom.js";
import { LineChoice } from "../line-choice.js";

class TestModels extends HTMLElement {
  async connectedCallback() {
    this.project = this.getAttribute("project");
    const wanted = new URLSearchParams(location.search).getAll("model").map(Number);
    try {
      const models = await api("GET", "/api/models?kind=recognition");
      this.boxes = models.map((model) => { const box = h("input", { type: "checkbox", value: model.id, onchange: () => this.show() }); box.checked = wanted.includes(model.id); return [box, model]; });
      this.first = h("select", { onchange: () => this.show() });
      this.choice = await LineChoice.of(this.project, { checked: true, changed: () => this.show() });
    } catch (error) {
      tellError(error);
      return;
    }
    this.go = h("button", { class: "primary", disabled: true }, "Test");
    this.words = h("p", { class: "faint small", role: "status" });
    this.firstLabel = h("label", { hidden: true }, h("span", {}, "Compare the others with"), this.first);
    const form = h("form", {},
      h("section", { class: "card" }, h("h2", {}, "1. Models"), ...this.boxes.map(([box, model]) => h("label", { class: "check" }, box, h("span", {}, `${model.name} `, h("span", { class: "faint small" }, model.origin)))),
        this.boxes.length === 0 && h("p", {}, "There is no model yet. ", h("a", { href: "/models" }, "Add one"), " or train one."), this.firstLabel),
      h("section", { class: "card" }, h("h2", {}, "2. Lines"), h("p", { class: "faint small" }, "Lines that a model was trained on flatter it: test on a document, or on the test split of a dataset, that it has not seen."), this.choice.node),
      h("div", { class: "row" }, this.go, this.words));
    form.addEventListener("submit", (event) => { event.preventDefault(); this.start(); });
    this.append(form);
    this.show();
  }

  get models() { return this.boxes.filter(([box]) => box.checked).map(([, model]) => model); }

  show() {
    if (!this.go) return;
    const { models } = this;
    const before = this.first.value;
    this.first.replaceChildren(...models.map((model) => h("option", { value: model.id }, model.name)));
    if (models.some((model) => String(model.id) === before)) this.first.value = before;
    this.firstLabel.hidden = models.length < 2;
    const lines = this.choice?.found?.lines ?? 0;
    this.go.disabled = models.length === 0 || lines === 0;
    this.go.textContent = models.length > 1 ? `Compare ${models.length} models` : "Test the model";
    this.words.textContent = models.length === 0 ? "Choose one model, or several to compare." : lines === 0 ? "There is no line with ground truth in what you chose." : "";
  }

  async start() {
    const first = Number(this.first.value);
    const models = this.models.map((model) => model.id).sort((a, b) => Number(b === first) - Number(a === first));
    try {
      const { job } = await api("POST", `/api/projects/${this.project}/tests`, { models, lines: this.choice.lines });
      location.assign(`/jobs/${job}`);
    } catch (error) {
      tellError(error);
    }
  }
}

customElements.define("test-models", TestModels);
