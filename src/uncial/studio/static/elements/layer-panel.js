/** <layer-panel>: versions of the layout, layers of text, comparison, and one line's earlier texts. */
import { api } from "../api.js";
import { ago, h, percent, tell, tellError } from "../dom.js";
import { editSpans } from "../diff.js";
import { stateFrom } from "../editor/edits.js";

const ORIGIN = { human: "by hand", machine: "by a model", import: "imported" };

class LayerPanel extends HTMLElement {
  /** @param {any} editor */
  begin(editor) {
    this.editor = editor;
    this.setAttribute("role", "complementary");
    this.setAttribute("aria-label", "Layers");
    this.body = h("div");
    this.append(h("div", { class: "row" }, h("h2", { class: "grow" }, "Layers"), h("button", { class: "plain", "aria-label": "Close the layers", onclick: () => this.toggle() }, "✕")), this.body);
  }

  toggle() {
    this.hidden = !this.hidden;
    if (!this.hidden) this.load();
  }

  async load() {
    const { page, saver } = this.editor;
    try {
      if (saver.dirty()) await saver.save();
      const [bundle, versions] = await Promise.all([api("GET", `/api/pages/${page}`), api("GET", `/api/pages/${page}/layouts`)]);
      this.layers = bundle.layers;
      this.body.replaceChildren(this.texts(bundle), this.compare(), this.layouts(versions));
    } catch (error) {
      tellError(error);
    }
  }

  texts(bundle) {
    const machine = bundle.layers.filter((layer) => layer.origin !== "human");
    const rows = bundle.layers.map((layer) => h("tr", {}, h("td", {}, layer.name, h("div", { class: "faint small" }, `${ORIGIN[layer.origin]}, ${ago(layer.created)}`)), h("td", { class: "number" }, String(layer.lines)),
      h("td", { class: "number" }, layer.confidence === null ? "" : percent(layer.confidence))));
    const choice = h("select", { "aria-label": "Which reading is proposed" }, ...machine.map((layer) => h("option", { value: layer.id }, layer.name)));
    choice.value = String(this.editor.bundle.layer ?? bundle.layer ?? "");
    choice.addEventListener("change", async () => {
      this.editor.bundle.layer = Number(choice.value);
      this.editor.text.propose(await api("GET", `/api/pages/${this.editor.page}/layers/${choice.value}`));
    });
    return h("section", {}, h("h3", {}, "Text"), rows.length ? h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Layer"), h("th", { class: "number", scope: "col" }, "Lines"), h("th", { class: "number", scope: "col" }, "Sure"))), h("tbody", {}, ...rows)) : h("p", { class: "faint" }, "No text yet."),
      machine.length > 1 && h("label", {}, h("span", {}, "Lines without text by hand show"), choice));
  }

  compare() {
    if (this.layers.length < 2) return h("section", {}, h("h3", {}, "Compare"), h("p", { class: "faint small" }, "Two layers of text can be compared by line; a model's reading is one."));
    const select = (label, at) => { const made = h("select", {}, ...this.layers.map((layer) => h("option", { value: layer.id }, layer.name))); made.selectedIndex = at; made.addEventListener("change", () => run()); return [made, h("label", { class: "grow" }, h("span", {}, label), made)]; };
    const [first, firstLabel] = select("From", 1);
    const [second, secondLabel] = select("to", 0);
    const out = h("div", { class: "compared" });
    const run = async () => {
      try {
        const seen = await api("GET", `/api/pages/${this.editor.page}/compare?first=${first.value}&second=${second.value}`);
        const lines = this.editor.edits.state.order.filter((id) => seen.lines[id]?.some(([kind]) => kind !== "equal"));
        out.replaceChildren(h("p", { class: "small faint" }, `${seen.edits} ${seen.edits === 1 ? "edit" : "edits"}, ${percent(seen.share)}; ${lines.length} of ${Object.keys(seen.lines).length} lines differ${seen.alone ? `; ${seen.alone} are in one layer only` : ""}`),
          ...lines.map((id) => h("p", { class: "reading", dir: "auto" }, h("button", { class: "plain small", onclick: () => this.editor.text.open(id) }, String(this.editor.edits.state.order.indexOf(id) + 1)), ...editSpans(seen.lines[id]))));
      } catch (error) { tellError(error); }
    };
    run();
    return h("section", {}, h("h3", {}, "Compare"), h("div", { class: "row end" }, firstLabel, secondLabel), out);
  }

  layouts(versions) {
    const restore = async (version) => {
      try {
        const layout = await api("POST", `/api/pages/${this.editor.page}/layouts/${version.number}/restore`);
        const { saver, edits } = this.editor;
        edits.edit(`restore version ${version.number}`, (draft) => { const state = stateFrom(layout, {}); Object.assign(draft, { lines: state.lines, regions: state.regions, order: state.order }); });
        saver.version = { id: layout.id, revision: layout.revision };
        saver.known = { ...saver.known, lines: edits.state.lines, regions: edits.state.regions, order: edits.state.order };
        tell(`Version ${version.number} counts again; the others are kept.`);
        this.load();
      } catch (error) { tellError(error); }
    };
    const rows = versions.map((version) => h("tr", {}, h("td", {}, `${version.number}. ${ORIGIN[version.origin]}`, h("div", { class: "faint small" }, [version.source, ago(version.updated)].filter(Boolean).join(", "))), h("td", { class: "number" }, String(version.line_count)),
      h("td", { class: "number" }, version.counts ? h("span", { class: "badge" }, "counts") : h("button", { class: "small", onclick: () => restore(version) }, "Restore"))));
    return h("section", {}, h("h3", {}, "Layout"), rows.length ? h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Version"), h("th", { class: "number", scope: "col" }, "Lines"), h("th", {}, ""))), h("tbody", {}, ...rows)) : h("p", { class: "faint" }, "No lines yet."));
  }

  /** Who read what in a line. @param {string} line */
  async history(line) {
    this.hidden = false;
    try {
      if (this.editor.saver.dirty()) await this.editor.saver.save();
      const entries = await api("GET", `/api/pages/${this.editor.page}/lines/${line}/history`);
      const rows = entries.map((one) => h("div", { class: "hit" }, h("div", { class: "grow" }, h("div", { class: "reading", dir: "auto" }, one.text || "–"), h("div", { class: "faint small" }, `${one.who}, ${ago(one.when)}${one.now ? "" : ", replaced"}`)),
        h("button", { class: "small", onclick: () => { this.editor.edits.edit("restore a text", (draft) => { draft.texts.set(line, one.text); draft.checked.delete(line); }); } }, "Take")));
      const number = this.editor.edits.state.order.indexOf(line) + 1;
      this.body.replaceChildren(h("section", {}, h("h3", {}, `Earlier texts of line ${number}`), ...(rows.length ? rows : [h("p", { class: "faint" }, "Nobody has read this line yet.")])), h("button", { class: "plain", onclick: () => this.load() }, "All layers"));
    } catch (error) {
      tellError(error);
    }
  }
}

customElements.define("layer-panel", LayerPanel);
