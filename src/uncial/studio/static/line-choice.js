/** Choosing lines: of documents as they are, or of a frozen version of a dataset. */
import { api } from "./api.js";
import { h, later, tellError } from "./dom.js";

export class LineChoice {
  /**
   * @param {string} project @param {any[]} documents @param {any[]} datasets
   * @param {{checked?: boolean, needs?: string, changed: (choice: LineChoice) => void}} options
   */
  constructor(project, documents, datasets, { checked = false, needs = "lines", changed }) {
    this.project = project;
    this.needs = needs;
    this.kind = needs === "unwritten" ? "labelfree" : "recognition";
    this.found = null;
    this.changed = changed;
    this.countSoon = later(150, () => this.count());
    const soon = () => this.countSoon();
    const versions = datasets.flatMap((set) => set.versions.map((one) => [one.id, `${set.name}, version ${one.number} (${(one.lines ?? 0).toLocaleString("en")} lines)`]));
    this.source = h("select", { onchange: () => { this.show(); soon(); } }, h("option", { value: "" }, "documents, as they are now"), ...versions.map(([id, words]) => h("option", { value: id }, words)));
    this.boxes = documents.map((document) => { const box = h("input", { type: "checkbox", value: document.id, onchange: soon }); box.checked = true; return [box, document]; });
    this.checked = h("input", { type: "checkbox", onchange: soon });
    this.checked.checked = checked;
    this.words = h("p", { role: "status" });
    this.list = h("div", {}, ...this.boxes.map(([box, document]) => h("label", { class: "check" }, box, h("span", {}, document.name))),
      documents.length === 0 && h("p", {}, "This project has no document yet."),
      h("label", { class: "check only" }, this.checked, h("span", {}, "Only checked lines and pages")));
    this.sourceLabel = versions.length > 0 && h("label", {}, h("span", {}, "Lines of"), this.source);
    this.node = h("div", { class: "choice" }, this.sourceLabel, this.list, this.words);
    this.show();
    this.count();
  }

  static async of(project, options) {
    const [documents, datasets] = await Promise.all([api("GET", `/api/projects/${project}/documents`), api("GET", `/api/projects/${project}/datasets`)]);
    return new LineChoice(project, documents, datasets, options);
  }

  /** Another kind of training wants other lines. @param {string} kind @param {string} needs */
  want(kind, needs) {
    [this.kind, this.needs] = [kind, needs];
    if (needs !== "lines") this.source.value = "";
    this.show();
    return this.count();
  }

  show() {
    if (this.sourceLabel) this.sourceLabel.hidden = this.needs !== "lines";
    this.checked.closest("label").hidden = this.needs === "unwritten";
    this.list.hidden = Boolean(this.source.value);
  }

  /** As the API takes it. */
  get lines() {
    if (this.source.value) return { version: Number(this.source.value) };
    return { documents: this.boxes.filter(([box]) => box.checked).map(([, document]) => document.id), checked: this.checked.checked };
  }

  async count() {
    const { version, documents = [], checked } = this.lines;
    const query = new URLSearchParams({ kind: this.kind });
    if (version) query.set("version", String(version));
    for (const document of documents) query.append("documents", String(document));
    if (checked !== undefined) query.set("checked", String(checked));
    try {
      this.found = version || documents.length ? await api("GET", `/api/projects/${this.project}/lines?${query}`) : null;
      const { found } = this;
      const number = (value) => value.toLocaleString("en");
      this.words.textContent = !found ? "Choose a document." : this.needs === "pages" ? `${number(found.pages)} pages with ${number(found.lines)} lines` : this.needs === "unwritten" ? `${number(found.lines)} lines without text by hand on ${number(found.pages)} pages` : `${number(found.lines)} lines with ${number(found.characters)} characters on ${number(found.pages)} pages`;
    } catch (error) {
      tellError(error);
    }
    this.changed(this);
  }
}
