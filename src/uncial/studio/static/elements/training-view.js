/** <training-view>: a training as it runs: figures, curves, sample lines over the validations. */
import uPlot from "../vendor/uplot.js";
import { h, later, percent, span } from "../dom.js";
import { alignSteps, editSpans, graphemes } from "../diff.js";

class TrainingView extends HTMLElement {
  connectedCallback() {
    this.series = { loss: [[], []], validation_cer: [[], []], learning_rate: [[], []] };
    this.samples = new Map();
    this.base = null;
    this.facts = h("div", { class: "facts" });
    this.curves = h("div", { class: "curves" });
    this.board = h("section", { hidden: true });
    this.doctor = h("section", { hidden: true, "aria-live": "polite" }, h("h2", {}, "What the doctor says"));
    this.append(this.facts, this.doctor, this.curves, this.board);
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
    } else if (event.event === "note" && event.level === "warning") {
      this.doctor.hidden = false;
      this.doctor.append(h("div", { class: "notice warning" }, ...event.text.split("\n").map((line) => h("p", {}, line))));
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
      this.characters = h("div");
      this.follow = true;
      this.board.append(h("h2", {}, "Sample lines"), h("p", { class: "faint small" }, "As the model reads them; what is wrong is struck out, what should stand there is added."), h("div", { class: "row" }, this.slider, this.at), this.list, this.characters);
    }
    this.slider.max = String(steps.length - 1);
    if (this.follow) this.slider.value = String(steps.length - 1);
    const step = steps[Number(this.slider.value)];
    this.at.textContent = `at step ${step.toLocaleString("en")}`;
    const lines = [...this.samples.entries()].slice(0, 12).map(([name, one]) => [name, one.truth, one.steps.filter((two) => two.step <= step).at(-1) ?? one.steps[0]]);
    const aligned = lines.map(([name, truth, read]) => [name, alignSteps(read.output, truth)]);
    this.list.replaceChildren(...aligned.map(([name, edits]) => h("li", {}, lineImage(name), h("div", { class: "text", dir: "auto" }, ...editSpans(edits)))));
    this.drawCharacters(aligned.flatMap(([, edits]) => edits), lines.flatMap(([, truth]) => graphemes(truth)));
  }

  /** Which characters of the sample lines are read right, the worst first. */
  drawCharacters(edits, truth) {
    const all = new Map();
    for (const one of truth) if (one.trim()) all.set(one, (all.get(one) ?? 0) + 1);
    const right = new Map();
    for (const [kind, , come] of edits) if (kind === "equal") right.set(come, (right.get(come) ?? 0) + 1);
    const told = [...all].map(([text, count]) => [text, (right.get(text) ?? 0) / count, count]).filter(([, share]) => share < 1).sort((a, b) => a[1] - b[1] || b[2] - a[2]);
    const known = all.size - told.length;
    this.characters.replaceChildren(h("h3", {}, "Characters in these lines"), h("p", { class: "faint small" }, `${known} of ${all.size} are always read right; of the others the share that is.`),
      h("ul", { class: "character-shares" }, ...told.slice(0, 40).map(([text, share, count]) => h("li", { title: `${count} times in these lines` }, h("span", { class: "glyph" }, text), h("span", { class: "number small" }, `${Math.round(share * 100)} %`)))));
  }
}

/** The image of a sample line, where it is one of a page here. @param {string} name of its file */
function lineImage(name) {
  const found = /(?:^|\/)page(\d+)_([\w.:-]+?)(?:\.png)?$/.exec(name);
  if (!found) return h("div", { class: "faint small" }, name);
  const image = h("img", { src: `/api/pages/${found[1]}/lines/${found[2]}/image`, alt: "", loading: "lazy" });
  image.addEventListener("error", () => image.remove());
  return image;
}

customElements.define("training-view", TrainingView);
