/** <train-steps project>: what, data, base, plan, summary; then the job. */
import { api } from "../api.js";
import { h, tellError } from "../dom.js";
import { jobOver } from "../job-wait.js";
import { LineChoice } from "../line-choice.js";
import { table } from "../tables.js";

const PLANS = { 5: "Quick", 20: "Normal", 60: "Thorough" };
const PRESETS = { auto: "by the time there is", quick: "quick: a small network", fast: "fast", wide: "wide", accurate: "accurate: a large network", kraken: "as kraken prepares lines" };
const NEEDS = { lines: "lines that you wrote or checked", pages: "pages with lines that you drew or corrected", unwritten: "lines that nobody has written" };
const ACTIONS = { keep: "learn it", map: "write as", drop: "leave out", normalize: "write in its plain form" };

class TrainSteps extends HTMLElement {
  async connectedCallback() {
    this.project = this.getAttribute("project");
    this.wanted = new URLSearchParams(location.search);
    try {
      [this.kinds, this.models] = await Promise.all([api("GET", "/api/kinds"), api("GET", "/api/models")]);
      this.choice = await LineChoice.of(this.project, { changed: () => this.show() });
      this.build();
    } catch (error) {
      tellError(error);
    }
  }

  build() {
    if (this.wanted.get("version")) { this.choice.source.value = this.wanted.get("version"); this.choice.show(); }
    this.kind = this.kinds[0];
    const radios = this.kinds.map((kind) => {
      const radio = h("input", { type: "radio", name: "kind", value: kind.name, onchange: () => this.pick(kind) });
      radio.checked = kind === this.kind;
      return h("label", { class: "check kind" }, radio, h("span", {}, h("b", {}, kind.title), h("br"), h("span", { class: "faint small" }, kind.words)));
    });
    this.base = h("select", { onchange: () => { this.decisions = null; this.compared.replaceChildren(); this.show(); } });
    this.compare = h("button", { type: "button", onclick: () => this.negotiate() }, "Compare its characters with your lines");
    this.compared = h("div");
    this.minutes = h("input", { type: "number", min: 0.1, step: "any", max: 10000, value: 20, oninput: () => this.show(), "aria-label": "Minutes" });
    this.plans = Object.entries(PLANS).map(([minutes, words]) => h("button", { type: "button", value: minutes, onclick: () => { this.minutes.value = minutes; this.show(); } }, `${words}: ${minutes} min`));
    this.preset = h("select", { onchange: () => this.show() });
    this.presetLabel = h("label", {}, h("span", {}, "Settings"), this.preset);
    this.name = h("input", { required: true, maxlength: 100, value: `Model of ${new Date().toISOString().slice(0, 10)}`, oninput: () => this.show() });
    this.summary = h("p", {});
    this.go = h("button", { class: "primary", disabled: true }, "Start the training");
    const step = (number, title, ...inside) => h("section", { class: "card" }, h("h2", {}, `${number}. ${title}`), ...inside);
    const form = h("form", {},
      step(1, "Data", h("fieldset", { class: "row kinds" }, h("legend", {}, "What is to be learnt"), ...radios), this.choice.node),
      step(2, "Base", h("div", { class: "row end" }, h("label", { class: "grow" }, h("span", {}, "Model to go on from"), this.base), h("a", { class: "button", href: `/projects/${this.project}/fit` }, "Which model fits?"), this.compare),
        h("p", { class: "faint small" }, "A base that reads your script needs far fewer lines. It is measured first, so that you see what the training brings."), this.compared),
      step(3, "Plan", h("div", { class: "row" }, ...this.plans), h("div", { class: "row end" }, h("label", {}, h("span", {}, "Minutes at most"), this.minutes), this.presetLabel)),
      step(4, "Summary", h("label", {}, h("span", {}, "Name of the model"), this.name), this.summary, this.go));
    form.addEventListener("submit", (event) => { event.preventDefault(); this.start(); });
    this.append(form);
    this.pick(this.kind);
  }

  /** @param {any} kind */
  pick(kind) {
    this.kind = kind;
    const usable = this.models.filter((model) => model.kind === kind.base && (kind.suffixes.length === 0 || kind.suffixes.includes(model.suffix)));
    this.base.replaceChildren(...(kind.bare ? [h("option", { value: "" }, kind.bare)] : []), ...usable.map((model) => h("option", { value: model.id }, `${model.name} (${model.origin})`)));
    const wanted = this.wanted.get("base") ?? localStorage.getItem("model-recognition");
    if (usable.some((model) => String(model.id) === wanted)) this.base.value = wanted;
    else if (usable.length && kind.base === "recognition") this.base.value = String(usable[0].id);
    this.preset.replaceChildren(...kind.presets.map((name) => h("option", { value: name }, PRESETS[name] ?? name)));
    this.presetLabel.hidden = kind.presets.length === 0;
    this.decisions = null;
    this.compared.replaceChildren();
    this.choice.want(kind.name, kind.needs);
    this.show();
  }

  show() {
    if (!this.go) return;
    const { found } = this.choice;
    const pages = this.kind.needs === "pages";
    const amount = found ? (pages ? found.pages : found.lines) : 0;
    const enough = amount >= this.kind.least && Boolean(this.base.value || this.kind.bare);
    const base = this.base.value ? `goes on from ${this.base.selectedOptions[0].text}` : this.kind.base === "segmentation" ? "goes on from the one that comes with Uncial" : "begins anew";
    this.compare.hidden = this.kind.needs !== "lines" || !this.base.value;
    this.compare.disabled = !enough;
    for (const plan of this.plans) plan.setAttribute("aria-pressed", String(plan.value === this.minutes.value));
    const what = pages ? `${amount.toLocaleString("en")} pages` : `${amount.toLocaleString("en")} lines`;
    const decided = this.decisions?.length ? ` ${this.decisions.length} characters that the base lacks are treated as you said.` : "";
    this.summary.textContent = enough
      ? `${this.name.value} ${base} and learns ${what} in at most ${this.minutes.value} minutes.${decided} They are frozen when it starts; ${this.choice.lines.version ? "the split of the dataset holds" : "a tenth of the pages validates"}.`
      : `It needs ${this.kind.least} ${NEEDS[this.kind.needs]} at least${this.kind.bare ? "" : ", and a model to go on from"}.`;
    this.go.disabled = !enough || !this.name.value.trim();
  }

  /** What becomes of characters that the base cannot write. */
  async negotiate() {
    try {
      const { job } = await api("POST", `/api/projects/${this.project}/negotiations`, { base: Number(this.base.value), lines: this.choice.lines });
      const done = await jobOver(job, this.compared);
      if (!done.result) return;
      const { characters, lines, of_lines: all } = done.result;
      if (characters.length === 0) { this.compared.replaceChildren(h("p", { class: "notice" }, "The base can write every character of your lines.")); return; }
      const rows = characters.map((one) => this.character(one));
      this.compared.replaceChildren(h("p", {}, `${characters.length} characters on ${lines} of ${all} lines are new to the base.`), table(["Character", "Name", ["How often", "number"], "Stands in", "What becomes of it"], rows));
      this.decide();
    } catch (error) {
      tellError(error);
    }
  }

  character(one) {
    const action = h("select", { "aria-label": `What becomes of ${one.name}` }, ...Object.entries(ACTIONS).filter(([value]) => value !== "normalize" || one.action === value).map(([value, words]) => h("option", { value }, words)));
    action.value = one.action in ACTIONS ? one.action : "keep";
    const to = h("input", { size: 4, maxlength: 10, value: one.to ?? "", "aria-label": `Write ${one.name} as` });
    const row = h("span", { class: "row decision", "data-character": one.text }, action, to);
    const changed = () => { to.hidden = action.value !== "map"; this.decide(); };
    action.addEventListener("change", changed);
    to.addEventListener("input", changed);
    to.hidden = action.value !== "map";
    return [h("span", { class: "glyph" }, one.text), one.name, one.count.toLocaleString("en"), h("span", { class: "small", dir: "auto" }, one.example), row];
  }

  decide() {
    this.decisions = [...this.compared.querySelectorAll(".decision")].filter((row) => row.querySelector("select").value !== "normalize").map((row) => {
      const [action, to] = [row.querySelector("select").value, row.querySelector("input").value];
      const { character } = row.dataset;
      return action === "keep" || (action === "map" && !to) ? character : `${character}=${action === "map" ? to : ""}`;
    });
    this.show();
  }

  async start() {
    try {
      const body = { name: this.name.value.trim(), kind: this.kind.name, lines: this.choice.lines, base: this.base.value ? Number(this.base.value) : null, minutes: Number(this.minutes.value), preset: this.preset.value || "auto", decide: this.decisions ?? [] };
      const { job } = await api("POST", `/api/projects/${this.project}/trainings`, body);
      location.assign(`/jobs/${job}`);
    } catch (error) {
      tellError(error);
    }
  }
}

customElements.define("train-steps", TrainSteps);
