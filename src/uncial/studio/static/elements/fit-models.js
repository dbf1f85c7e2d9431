/** <fit-models project>: which model of the shelf reads this project's lines best. */
import { api } from "../api.js";
import { h, tellError } from "../dom.js";
import { jobOver } from "../job-wait.js";
import { LineChoice } from "../line-choice.js";
import { rankedTable } from "../tables.js";

class FitModels extends HTMLElement {
  async connectedCallback() {
    this.project = this.getAttribute("project");
    this.place = h("div");
    this.answer = h("div", { "aria-live": "polite" });
    try {
      this.choice = await LineChoice.of(this.project, { checked: true, changed: (choice) => this.show(choice) });
    } catch (error) {
      tellError(error);
      return;
    }
    this.measure = h("button", { class: "primary", onclick: () => this.start(true) }, "Measure on these lines");
    this.guess = h("button", { onclick: () => this.start(false) }, "Guess from a sample of pages");
    this.append(h("section", { class: "card" }, h("h2", {}, "Lines with ground truth"), this.choice.node, h("div", { class: "row" }, this.measure),
      h("hr"), h("p", { class: "faint small" }, "Without any ground truth, models read three pages whose lines were found and say themselves how many characters are probably wrong."), this.guess),
    this.place, this.answer);
    this.show(this.choice);
    this.latest();
  }

  show(choice) {
    if (this.measure) this.measure.disabled = !choice.found?.lines;
  }

  /** The last ranking of this project is shown again. */
  async latest() {
    const jobs = await api("GET", `/api/jobs?project=${this.project}&limit=200`);
    const last = jobs.find((job) => job.action === "rank" && ["done", "running", "queued"].includes(job.state));
    if (last && this.following === undefined) this.follow(last.id);
  }

  async start(measured) {
    try {
      const lines = measured ? this.choice.lines : {};
      this.following = "";
      this.answer.replaceChildren();
      const { job } = await api("POST", `/api/projects/${this.project}/rankings`, { lines, measured });
      await this.follow(job);
    } catch (error) {
      tellError(error);
    }
  }

  async follow(id) {
    this.following = id;
    const job = await jobOver(id, this.place);
    if (job.result && this.following === id) this.answer.replaceChildren(h("h2", {}, "Models, the best first"), rankedTable(job.result, Number(this.project)));
  }
}

customElements.define("fit-models", FitModels);
