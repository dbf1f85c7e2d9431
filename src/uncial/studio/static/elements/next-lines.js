/** <next-lines project>: the lines whose ground truth would teach a model most. */
import { api } from "../api.js";
import { h, tellError } from "../dom.js";
import { jobOver } from "../job-wait.js";
import { LineChoice } from "../line-choice.js";
import { suggestedList } from "../tables.js";

class NextLines extends HTMLElement {
  async connectedCallback() {
    this.project = this.getAttribute("project");
    this.place = h("div");
    this.answer = h("div", { "aria-live": "polite" });
    try {
      const models = (await api("GET", "/api/models?kind=recognition")).filter((model) => model.suffix !== ".onnx" && model.suffix !== ".traineddata");
      this.model = h("select", {}, ...models.map((model) => h("option", { value: model.id }, `${model.name} (${model.origin})`)));
      this.go = h("button", { class: "primary", disabled: true, onclick: () => this.start() }, "Look for lines");
      this.choice = await LineChoice.of(this.project, { needs: "unwritten", changed: (choice) => { this.go.disabled = !models.length || !choice.found?.lines; } });
      this.append(h("section", { class: "card" },
        models.length ? h("label", {}, h("span", {}, "The best model that there is for these lines"), this.model) : h("p", {}, "There is no model of Uncial or kraken yet: train one first."),
        this.choice.node, this.go), this.place, this.answer);
    } catch (error) {
      tellError(error);
    }
  }

  async start() {
    try {
      this.answer.replaceChildren();
      const { job } = await api("POST", `/api/projects/${this.project}/suggestions`, { model: Number(this.model.value), lines: this.choice.lines });
      const done = await jobOver(job, this.place);
      if (done.result) this.answer.replaceChildren(suggestedList(done.result));
    } catch (error) {
      tellError(error);
    }
  }
}

customElements.define("next-lines", NextLines);
