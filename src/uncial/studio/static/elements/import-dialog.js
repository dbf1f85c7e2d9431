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
    this.input = h("input", { type: "file", multiple: true, accept: "image/*,.tif,.tiff,.jp2,.pdf,.zip,.xml,.hocr,.html,.json", "aria-label": "Files to import" });
    this.input.addEventListener("change", () => this.send([...this.input.files]));
    this.zone = h("div", { class: "dropzone" }, h("p", {}, "Drop images, PDF or ZIP files here, and PAGE, ALTO or hOCR files with layout and text, or choose them:"), this.input);
    this.bar = h("progress", { max: 1, value: 0, "aria-label": "Upload", hidden: true });
    this.words = h("p", { class: "small faint", role: "status" });
    this.path = h("input", { placeholder: "/home/me/scans", "aria-label": "File or folder on this machine", autocomplete: "off", spellcheck: "false" });
    const byPath = h("form", { class: "row end" },
      h("label", { class: "grow" }, h("span", {}, "… or a file or folder on this machine, also a METS file; images are copied"), this.path),
      h("button", {}, "Look"));
    byPath.addEventListener("submit", (event) => { event.preventDefault(); this.look("paths", this.path); });
    this.manifest = h("input", { type: "url", placeholder: "https://example.org/iiif/manifest.json", "aria-label": "Address of a IIIF manifest", autocomplete: "off", spellcheck: "false" });
    const byManifest = h("form", { class: "row end" },
      h("label", { class: "grow" }, h("span", {}, "… or the address of a IIIF manifest; its images are downloaded"), this.manifest),
      h("button", {}, "Look"));
    byManifest.addEventListener("submit", (event) => { event.preventDefault(); this.look("manifest", this.manifest); });
    this.table = h("div", { class: "preview", hidden: true, tabindex: 0, role: "region", "aria-label": "What will be imported" });
    this.known = h("input", { type: "checkbox" });
    this.known.addEventListener("change", () => this.show());
    this.knownLabel = h("label", { class: "check", hidden: true }, this.known, h("span", {}, "Import images again that this document has already"));
    this.text = h("select", {}, h("option", { value: "written" }, "written by hand"), h("option", { value: "checked" }, "checked: ground truth"), h("option", { value: "layer" }, "a layer of its own, to compare with"));
    this.textLabel = h("label", { hidden: true }, h("span", {}, "Text in page files is"), this.text);
    this.go = h("button", { class: "primary", disabled: true, onclick: () => this.start() }, "Import");
    this.dialog = h("dialog", { "aria-label": "Import pages" }, h("div", { class: "body" },
      h("h2", {}, "Import pages"), this.zone, this.bar, this.words,
      this.hasAttribute("local") && byPath, byManifest, this.table, this.textLabel, this.knownLabel,
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

  /** @param {"paths"|"manifest"} kind @param {HTMLInputElement} field */
  async look(kind, field) {
    const given = field.value.trim();
    if (!given) return;
    this.words.textContent = "Looking …";
    try {
      this.add(await api("POST", `/api/documents/${this.document}/imports/preview`, { [kind]: kind === "paths" ? [given] : given }));
      field.value = "";
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
    const images = usable.reduce((sum, item) => sum + (item.kind === "image" ? 1 : chosen(item)), 0);
    const laid = usable.filter((item) => item.kind === "pages").length;
    const words = [images && `${images} ${images === 1 ? "page" : "pages"}`, laid && `${laid} page ${laid === 1 ? "file" : "files"}`].filter(Boolean).join(" and ");
    this.go.disabled = usable.length === 0;
    this.go.textContent = words ? `Import ${words}` : "Import";
    this.table.hidden = this.items.length === 0;
    const rows = this.items.slice(0, 300).map((item, at) => this.row(item, at));
    const more = this.items.length - rows.length;
    this.table.replaceChildren(h("table", {}, h("thead", {}, h("tr", {}, ...["File", "Holds", "Becomes", ""].map((words) => h("th", { scope: "col" }, words)))), h("tbody", {}, ...rows)), more > 0 && h("p", { class: "small faint" }, `and ${more} more`) || "");
  }

  row(item, at) {
    const name = h("td", { class: "name" }, item.name);
    if (item.inside?.length) name.append(this.inside(item));
    return h("tr", {}, name, h("td", {}, item.problem || holds(item)), h("td", {}, ...this.becomes(item)),
      h("td", {}, h("button", { class: "plain", type: "button", "aria-label": `Leave out ${item.name}`, onclick: () => { this.items.splice(at, 1); this.show(); } }, "✕")));
  }

  becomes(item) {
    if (item.problem) return ["left out"];
    if (item.kind === "pages") return [item.match ? `layout and text of ${item.match}` : "left out: no page has this name"];
    if (item.kind === "image") return [item.known && !this.known.checked ? "left out: known already" : "a page"];
    const range = h("input", { size: 12, value: item.pages ?? "", placeholder: `1-${item.count}`, "aria-label": `Which pages of ${item.name}`, title: "Such as 1-5, 8, 20-; all where it is empty", autocomplete: "off" });
    range.addEventListener("change", () => { item.pages = range.value.replace(/[^\d,-]/g, ""); this.show(); });
    return [h("label", {}, h("span", {}, "Pages"), range), item.kind === "iiif" && this.sizes(item)].filter(Boolean);
  }

  sizes(item) {
    const size = h("select", {}, ...[[0, "as large as there is"], [3000, "3000 px"], [2000, "2000 px"]].map(([value, words]) => h("option", { value }, words)));
    size.value = String(item.size ?? 0);
    size.addEventListener("change", () => { item.size = Number(size.value); });
    return h("label", {}, h("span", {}, "Longer side"), size);
  }

  /** What each page of a bundle would become. */
  inside(item) {
    const rows = item.inside.map((page) => {
      const text = page.lines ? `${page.lines} lines, ${page.texts} with text` : "";
      const becomes = !inRange(item.pages, page.number) ? "left out" : page.image ? "a page" : page.match ? "layout and text of a page here" : "left out: its image is missing";
      return h("tr", {}, h("td", { class: "number" }, page.number), h("td", { class: "name" }, page.name), h("td", {}, page.width ? `${page.width} × ${page.height} px` : ""), h("td", {}, text), h("td", {}, becomes));
    });
    const more = item.count - rows.length;
    const details = h("details", {}, h("summary", {}, `The ${item.count} pages in it`), h("table", {}, h("tbody", {}, ...rows)), more > 0 && h("p", { class: "small faint" }, `and ${more} more`));
    details.open = item.open ?? item.count <= 12;
    details.addEventListener("toggle", () => { item.open = details.open; });
    return details;
  }

  usable() {
    return this.items.filter((item) => !item.problem && (item.kind === "image" ? !item.known || this.known.checked : item.kind === "pages" ? item.match : chosen(item) > 0));
  }

  async start() {
    const items = this.usable().map(({ name, upload, path, url, kind, pages, size }) => ({ name, upload, path, url, kind, pages: pages ?? "", size: size ?? 0 }));
    try {
      await api("POST", `/api/documents/${this.document}/imports`, { items, again: this.known.checked, text: this.text.value });
      tell(`${items.length === 1 ? items[0].name : `${items.length} files`}: being imported; you can go on working.`);
      this.items = [];
      this.show();
      this.dialog.close();
    } catch (error) {
      tellError(error);
    }
  }
}

/** Whether ranges such as 1-5,8,20- hold a number. @param {string|undefined} text @param {number} number */
function inRange(text, number) {
  if (!text) return true;
  return text.split(",").some((part) => {
    const [, first, dash, last] = /^(\d*)(-?)(\d*)$/.exec(part) ?? [];
    if (!first && !last) return false;
    return number >= Number(first || 1) && number <= (last ? Number(last) : dash ? Infinity : Number(first));
  });
}

/** How many pages of a bundle or manifest are wanted. @param {any} item */
function chosen(item) {
  if (item.kind === "image" || item.kind === "pages") return 0;
  if (!item.pages) return item.count;
  let count = 0;
  for (let number = 1; number <= item.count; number += 1) count += inRange(item.pages, number) ? 1 : 0;
  return count;
}

/** @param {any} item */
function holds(item) {
  if (item.kind === "image") return `${item.width} × ${item.height} px`;
  const text = item.lines ? `${item.lines} lines, ${item.texts} with text` : "";
  if (item.kind === "pages") return text || "no lines";
  return [`${item.count} pages`, text].filter(Boolean).join(", ");
}

customElements.define("import-dialog", ImportDialog);
