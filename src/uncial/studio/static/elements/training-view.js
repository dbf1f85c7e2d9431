/** <training-view>: a training as it runs: figures, curves, sample lines over the validations. */
import uPlot from "../vendor/uplot.js";
import { h, later, percent, span } from "../dom.js";
import { editSpans, simpleSteps } from "../diff.js";

class TrainingView extends HTMLElement {
  connectedCallback() {
    this.series = { loss: [[], []], validation_cer: [[], []], learning_rate: [[], []] };
    this.samples = new Map();
    this.base = null;
    this.facts = h("div", { class: "facts" });
    this.curves = h("div", { class: "curves" });
    this.board = h("section", { hidden: true });
    this.append(this.facts, this.curves, this.board);
    this.drawSoon = later(120, () => this.draw());
    document.addEventListener("theme", () => { this.plots = null; this.drawSoon(); });
    new ResizeObserver(() => { for (const plot of Object.values(this.plots ?? {})) plot.setSize({ width: plot.root.parentElement.clientWidth - 8, height: 220 }); }).observe(this.curves);
  }

  /** @param {any} job */
  job(job) {
    this.state = job;
    this.drawSoon();
  }

  /** @param {any} event */
  told(event) {
    if (event.event === "metric") {
      if (event.name === "base_cer") this.base = event.value;
      const series = this.series[event.name];
      if (series) {
        while (series[0].length && series[0].at(-1) >= event.step) { series[0].pop(); series[1].pop(); } // a resumed run tells them again
        series[0].push(event.step);
        series[1].push(event.value);
      }
    } else if (event.event === "sample") {
      const seen = this.samples.get(event.name) ?? { truth: event.truth, steps: [] };
      seen.steps = [...seen.steps.filter((one) => one.step < event.step), { step: event.step, output: event.output }];
      this.samples.set(event.name, seen);
    }
    this.drawSoon();
  }

  draw() {
    const cer = this.series.validation_cer[1];
    const best = cer.length ? Math.min(...cer) : null;
    const fact = (value, words) => h("div", { class: "fact" }, h("b", {}, value), h("span", {}, words));
    this.facts.replaceChildren(
      fact(percent(best), "best validation CER so far"),
      ...(this.base === null ? [] : [fact(percent(this.base), "CER of the base on the same lines")]),
      fact(this.series.loss[1].length ? this.series.loss[1].at(-1).toFixed(3) : "–", "loss"),
      fact(this.state?.total ? `${this.state.done.toLocaleString("en")} of ${this.state.total.toLocaleString("en")}` : "–", "steps"),
      ...(this.state?.state === "running" && this.state.eta !== null ? [fact(span(this.state.eta), "left")] : []));
    if (this.series.loss[0].length > 1 || cer.length > 1) this.plot();
    this.drawSamples();
  }

  plot() {
    if (!this.plots) {
      this.plots = {};
      this.curves.replaceChildren();
      this.make("cer", "CER on the validation lines", (value) => percent(value), 1);
      this.make("loss", "Loss", (value) => value.toPrecision(2), 3);
    }
    const [steps, values] = this.series.validation_cer;
    this.plots.cer?.setData([steps, values, steps.map(() => this.base)]);
    this.plots.loss?.setData(this.series.loss);
  }

  make(name, title, words, distribution) {
    const style = getComputedStyle(document.documentElement);
    const colour = (key) => style.getPropertyValue(key).trim();
    const holder = h("div", { class: "card", role: "img", "aria-label": `${title} over the steps` }, h("h3", {}, title));
    this.curves.append(holder);
    const axis = { stroke: colour("--faint"), grid: { stroke: colour("--rule"), width: 1 }, ticks: { stroke: colour("--rule") } };
    const series = [{ label: "step" }, { label: title, stroke: colour("--accent"), width: 2, points: { show: name === "cer", size: 6 }, value: (_, value) => (value === null || value === undefined ? "–" : words(value)) }];
    if (name === "cer") series.push({ label: "base", stroke: colour("--warn"), dash: [6, 4], width: 1.5, points: { show: false }, value: (_, value) => (value === null || value === undefined ? "–" : words(value)) });
    const range = name === "cer" ? (_, low, high) => [0, Math.max(high ?? 0.1, this.base ?? 0) * 1.08] : undefined;
    this.plots[name] = new uPlot({ width: Math.max(280, holder.clientWidth - 8), height: 220, scales: { x: { time: false }, y: { distr: distribution, ...(range && { range }) } }, cursor: { y: false },
      axes: [axis, { ...axis, size: 62, values: (_, values) => values.map((value) => (value === null ? "" : words(value))) }], series }, name === "cer" ? [[], [], []] : [[], []], holder);
  }

  drawSamples() {
    this.board.hidden = this.samples.size === 0;
    if (this.board.hidden) return;
    const steps = [...new Set([...this.samples.values()].flatMap((one) => one.steps.map((two) => two.step)))].sort((a, b) => a - b);
    if (!this.slider) {
      this.slider = h("input", { type: "range", min: 0, step: 1, "aria-label": "Which validation" });
      this.slider.addEventListener("input", () => { this.follow = Number(this.slider.value) === Number(this.slider.max); this.drawSamples(); });
      this.at = h("span", { class: "faint small" });
      this.list = h("ul", { class: "samples" });
      this.follow = true;
      this.board.append(h("h2", {}, "Sample lines"), h("p", { class: "faint small" }, "As the model reads them; what is wrong is struck out, what should stand there is added."), h("div", { class: "row" }, this.slider, this.at), this.list);
    }
    this.slider.max = String(steps.length - 1);
    if (this.follow) this.slider.value = String(steps.length - 1);
    const step = steps[Number(this.slider.value)];
    this.at.textContent = `at step ${step.toLocaleString("en")}`;
    this.list.replaceChildren(...[...this.samples.entries()].slice(0, 12).map(([name, one]) => {
      const read = one.steps.filter((two) => two.step <= step).at(-1) ?? one.steps[0];
      return h("li", {}, h("div", { class: "text", dir: "auto" }, ...editSpans(simpleSteps(read.output, one.truth))), h("div", { class: "faint small" }, name));
    }));
  }
}

customElements.define("training-view", TrainingView);
