/** <model-shelf local>: all models; files can be added by upload or by path. */
import { api } from "../api.js";
import { ago, h, percent, tell, tellError } from "../dom.js";
import { uploadAll } from "../upload.js";

class ModelShelf extends HTMLElement {
  connectedCallback() {
    this.list = h("div");
    const file = h("input", { type: "file", multiple: true, accept: ".safetensors,.traineddata,.mlmodel,.onnx", "aria-label": "Model files" });
    this.words = h("span", { class: "faint small", role: "status" });
    file.addEventListener("change", async () => {
      try {
        for (const upload of await uploadAll([...file.files], (_, words) => { this.words.textContent = words; })) await this.add({ upload });
      } catch (error) { tellError(error); }
      file.value = "";
      this.words.textContent = "";
    });
    const path = h("input", { placeholder: "/usr/share/tessdata/deu.traineddata", "aria-label": "Path of a model on this machine", autocomplete: "off", spellcheck: "false" });
    const byPath = h("form", { class: "row end" }, h("label", { class: "grow" }, h("span", {}, "… or the path of a file on this machine"), path), h("button", {}, "Add"));
    byPath.addEventListener("submit", async (event) => { event.preventDefault(); if (path.value.trim() && await this.add({ path: path.value.trim() })) path.value = ""; });
    this.append(this.list, h("section", { class: "card" }, h("h2", {}, "Add a model"), h("div", { class: "row" }, file, this.words), this.hasAttribute("local") && byPath));
    this.load();
    document.addEventListener("job-ended", () => this.load());
  }

  async add(body) {
    this.words.textContent = "Looking at the file …";
    try {
      const model = await api("POST", "/api/models", body);
      tell(`${model.name} is on the shelf.`);
      await this.load();
      return true;
    } catch (error) {
      tellError(error);
      return false;
    } finally {
      this.words.textContent = "";
    }
  }

  async load() {
    try {
      const models = await api("GET", "/api/models");
      const rows = models.map((model) => h("tr", {}, h("td", {}, h("a", { href: `/models/${model.id}` }, model.name)), h("td", {}, model.kind), h("td", {}, model.origin),
        h("td", { class: "number" }, cer(model)), h("td", { class: "number" }, `${(model.size / 1e6).toFixed(1)} MB`), h("td", {}, ago(model.created))));
      const head = ["Name", "What it does", "From"].map((words) => h("th", { scope: "col" }, words));
      this.list.replaceChildren(rows.length ? h("section", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, ...head, h("th", { class: "number", scope: "col" }, "Validation CER"), h("th", { class: "number", scope: "col" }, "Size"), h("th", { scope: "col" }, "Added"))), h("tbody", {}, ...rows)))
        : h("section", { class: "empty" }, h("p", {}, "No model yet."), h("p", {}, "Add a file, such as a traineddata of Tesseract, or train one in a project.")));
    } catch (error) {
      tellError(error);
    }
  }
}

/** The CER that a model's own facts tell. @param {any} model */
function cer(model) {
  const value = model.facts?.validation_cer ?? model.facts?.["validation CER"];
  return typeof value === "number" ? percent(value) : "–";
}

customElements.define("model-shelf", ModelShelf);
