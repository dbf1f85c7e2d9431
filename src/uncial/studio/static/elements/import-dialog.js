/** <import-dialog document local>: drop or choose files, look at what they become, import. */
import { api } from "../api.js";
import { h, tell, tellError } from "../dom.js";
import { uploadAll } from "../upload.js";

class ImportDialog extends HTMLElement {
  connectedCallback() {
    this.document = this.getAttribute("document");
    this.items = [];
    this.append(h("button", { class: "primary", onclick: () => this.open() }, "Import"));
    this.build();
    const target = document.body;
    const files = (event) => event.dataTransfer?.types.includes("Files");
    target.addEventListener("dragover", (event) => { if (files(event)) { event.preventDefault(); target.classList.add("drop"); } });
    target.addEventListener("dragleave", (event) => { if (!event.relatedTarget) target.classList.remove("drop"); });
    target.addEventListener("drop", (event) => {
      if (!files(event)) return;
      event.preventDefault();
      target.classList.remove("drop");
      this.open();
      this.send([...event.dataTransfer.files]);
    });
  }

  build() {
    this.input = h("input", { type: "file", multiple: true, accept: "image/*,.tif,.tiff,.jp2,.xml,.hocr,.html,.json", "aria-label": "Files to import" });
    this.input.addEventListener("change", () => this.send([...this.input.files]));
    this.zone = h("div", { class: "dropzone" }, h("p", {}, "Drop images here, and PAGE, ALTO or hOCR files with their layout and text, or choose them:"), this.input);
    this.bar = h("progress", { max: 1, value: 0, "aria-label": "Upload", hidden: true });
    this.words = h("p", { class: "small faint", role: "status" });
    this.path = h("input", { placeholder: "/home/me/scans", "aria-label": "File or folder on this machine", autocomplete: "off", spellcheck: "false" });
    const byPath = h("form", { class: "row end" },
      h("label", { class: "grow" }, h("span", {}, "… or a file or folder on this machine; images are copied"), this.path),
      h("button", {}, "Look"));
    byPath.addEventListener("submit", (event) => { event.preventDefault(); this.look(); });
    this.table = h("div", { class: "preview", hidden: true, tabindex: 0, role: "region", "aria-label": "What will be imported" });
    this.known = h("input", { type: "checkbox" });
    this.known.addEventListener("change", () => this.show());
    this.knownLabel = h("label", { class: "check", hidden: true }, this.known, h("span", {}, "Import images again that this document has already"));
    this.text = h("select", {}, h("option", { value: "written" }, "written by hand"), h("option", { value: "checked" }, "checked: ground truth"), h("option", { value: "layer" }, "a layer of its own, to compare with"));
    this.textLabel = h("label", { hidden: true }, h("span", {}, "Text in page files is"), this.text);
    this.go = h("button", { class: "primary", disabled: true, onclick: () => this.start() }, "Import");
    this.dialog = h("dialog", { "aria-label": "Import pages" }, h("div", { class: "body" },
      h("h2", {}, "Import pages"), this.zone, this.bar, this.words,
      this.hasAttribute("local") && byPath, this.table, this.textLabel, this.knownLabel,
      h("div", { class: "buttons" }, h("button", { onclick: () => this.dialog.close() }, "Close"), this.go)));
    this.append(this.dialog);
  }

  open() {
    if (!this.dialog.open) this.dialog.showModal();
  }

  /** Upload files, then look at them. @param {File[]} files */
  async send(files) {
    if (files.length === 0) return;
    this.bar.hidden = false;
    try {
      const uploads = await uploadAll(files, (share, words) => { this.bar.value = share; this.words.textContent = words; });
      const seen = await api("POST", `/api/documents/${this.document}/imports/preview`, { uploads });
      this.add(seen);
    } catch (error) {
      tellError(error);
    } finally {
      this.bar.hidden = true;
      this.input.value = "";
    }
  }

  async look() {
    if (!this.path.value.trim()) return;
    this.words.textContent = "Looking …";
    try {
      this.add(await api("POST", `/api/documents/${this.document}/imports/preview`, { paths: [this.path.value.trim()] }));
    } catch (error) {
      this.words.textContent = "";
      tellError(error);
    }
  }

  add(seen) {
    this.items.push(...seen);
    this.show();
  }

  show() {
    const usable = this.usable();
    const known = this.items.filter((item) => item.known).length;
    const refused = this.items.filter((item) => item.problem).length;
    this.words.textContent = [`${usable.length} to import`, known && `${known} known already`, refused && `${refused} cannot be used`].filter(Boolean).join(" · ");
    this.knownLabel.hidden = known === 0;
    this.textLabel.hidden = !usable.some((item) => item.texts);
    const images = usable.filter((item) => item.kind === "image").length;
    const laid = usable.length - images;
    const words = [images && `${images} ${images === 1 ? "page" : "pages"}`, laid && `${laid} page ${laid === 1 ? "file" : "files"}`].filter(Boolean).join(" and ");
    this.go.disabled = usable.length === 0;
    this.go.textContent = words ? `Import ${words}` : "Import";
    this.table.hidden = this.items.length === 0;
    const rows = this.items.slice(0, 300).map((item, at) => this.row(item, at));
    const more = this.items.length - rows.length;
    this.table.replaceChildren(h("table", {}, h("thead", {}, h("tr", {}, ...["File", "Holds", "Becomes", ""].map((words) => h("th", { scope: "col" }, words)))), h("tbody", {}, ...rows)), more > 0 && h("p", { class: "small faint" }, `and ${more} more`) || "");
  }

  row(item, at) {
    const about = item.kind === "pages" ? `${item.lines} lines, ${item.texts} with text` : `${item.width} × ${item.height} px`;
    const becomes = item.kind === "pages" && !item.problem ? (item.match ? `layout and text of ${item.match}` : "left out: no page has this name") : item.problem ? "left out" : item.known && !this.known.checked ? "left out: known already" : "a page";
    return h("tr", {}, h("td", { class: "name" }, item.name), h("td", {}, item.problem || about), h("td", {}, becomes),
      h("td", {}, h("button", { class: "plain", "aria-label": `Leave out ${item.name}`, onclick: () => { this.items.splice(at, 1); this.show(); } }, "✕")));
  }

  usable() {
    return this.items.filter((item) => !item.problem && (item.kind === "image" ? !item.known || this.known.checked : item.match));
  }

  async start() {
    const items = this.usable().map(({ name, upload, path, kind }) => ({ name, upload, path, kind }));
    try {
      await api("POST", `/api/documents/${this.document}/imports`, { items, again: this.known.checked, text: this.text.value });
      tell(`${items.length} ${items.length === 1 ? "file is" : "files are"} being imported; you can go on working.`);
      this.items = [];
      this.show();
      this.dialog.close();
    } catch (error) {
      tellError(error);
    }
  }
}

customElements.define("import-dialog", ImportDialog);
