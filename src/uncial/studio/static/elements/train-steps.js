/** <train-steps project>: data, base, plan, summary; then the job. */
import { api } from "../api.js";
import { h, later, tellError } from "../dom.js";

const PLANS = { 5: "Quick: a first impression", 20: "Normal", 60: "Thorough" };

class TrainSteps extends HTMLElement {
  async connectedCallback() {
    this.project = this.getAttribute("project");
    try {
      const [documents, models] = await Promise.all([api("GET", `/api/projects/${this.project}/documents`), api("GET", "/api/models?kind=recognition")]);
      this.build(documents, models.filter((model) => model.suffix !== ".onnx"));
      this.count();
    } catch (error) {
      tellError(error);
    }
  }

  build(documents, models) {
    this.countSoon = later(150, () => this.count());
    const changed = () => this.countSoon();
    this.boxes = documents.map((document) => { const box = h("input", { type: "checkbox", value: document.id, onchange: changed }); box.checked = true; return [box, document]; });
    this.checked = h("input", { type: "checkbox", onchange: changed });
    this.found = h("p", { role: "status" });
    this.base = h("select", { onchange: () => this.show() }, h("option", { value: "" }, "None: begin anew"), ...models.map((model) => h("option", { value: model.id }, `${model.name} (${model.origin})`)));
    if (models.length) this.base.value = String(models[0].id);
    this.minutes = h("input", { type: "number", min: 1, max: 10000, value: 20, oninput: () => this.show(), "aria-label": "Minutes" });
    const plans = Object.entries(PLANS).map(([minutes, words]) => h("button", { type: "button", onclick: () => { this.minutes.value = minutes; this.show(); } }, `${words} (${minutes} min)`));
    this.preset = h("select", { onchange: () => this.show() }, ...["auto", "quick", "fast", "wide", "accurate", "tesseract", "kraken"].map((name) => h("option", { value: name }, name === "auto" ? "by the time there is" : name)));
    this.name = h("input", { required: true, maxlength: 100, value: `Model of ${new Date().toISOString().slice(0, 10)}`, oninput: () => this.show() });
    this.summary = h("p", {});
    this.go = h("button", { class: "primary", disabled: true }, "Start the training");
    const step = (number, title, ...inside) => h("section", { class: "card" }, h("h2", {}, `${number}. ${title}`), ...inside);
    const form = h("form", {},
      step(1, "Data", h("div", {}, ...this.boxes.map(([box, document]) => h("label", { class: "check" }, box, h("span", {}, document.name)))), documents.length === 0 && h("p", {}, "This project has no document yet."),
        h("hr"), h("label", { class: "check" }, this.checked, h("span", {}, "Only checked lines and pages")), this.found),
      step(2, "Base", h("label", {}, h("span", {}, "Model to go on from"), this.base), h("p", { class: "faint small" }, "A base that reads your script needs far fewer lines. It is measured first, so that you see what the training brings.")),
      step(3, "Plan", h("div", { class: "row" }, ...plans), h("div", { class: "row end" }, h("label", {}, h("span", {}, "Minutes at most"), this.minutes), h("label", {}, h("span", {}, "Settings"), this.preset))),
      step(4, "Summary", h("label", {}, h("span", {}, "Name of the model"), this.name), this.summary, this.go));
    form.addEventListener("submit", (event) => { event.preventDefault(); this.start(); });
    this.append(form);
  }

  get documents() { return this.boxes.filter(([box]) => box.checked).map(([, document]) => document.id); }

  async count() {
    this.lines = null;
    if (this.documents.length) {
      const query = `${this.documents.map((id) => `documents=${id}`).join("&")}&checked=${this.checked.checked}`;
      try { this.lines = await api("GET", `/api/projects/${this.project}/lines?${query}`); } catch (error) { tellError(error); }
    }
    this.show();
  }

  show() {
    const { lines } = this;
    const enough = Boolean(lines && lines.lines >= 10);
    this.found.textContent = !lines ? "Choose a document." : `${lines.lines.toLocaleString("en")} lines with ${lines.characters.toLocaleString("en")} characters on ${lines.pages} pages${enough ? "" : "; write or check at least ten lines first"}`;
    const base = this.base.value ? `goes on from ${this.base.selectedOptions[0].text}` : "begins anew";
    this.summary.textContent = enough ? `${this.name.value} ${base} and learns ${lines.lines.toLocaleString("en")} lines in at most ${this.minutes.value} minutes. The lines are frozen when it starts; a tenth of the pages validates.` : "";
    this.go.disabled = !enough || !this.name.value.trim();
  }

  async start() {
    try {
      const body = { name: this.name.value.trim(), lines: { documents: this.documents, checked: this.checked.checked }, base: this.base.value ? Number(this.base.value) : null, minutes: Number(this.minutes.value), preset: this.preset.value };
      const { job } = await api("POST", `/api/projects/${this.project}/trainings`, body);
      location.assign(`/jobs/${job}`);
    } catch (error) {
      tellError(error);
    }
  }
}

customElements.define("train-steps", TrainSteps);
