/** Asking which model should do something. */
import { api } from "./api.js";
import { h, tellError } from "./dom.js";

/**
 * Let the user choose a model.
 * @param {{title: string, go: string, kind: string, none?: string}} wanted `none`: words for doing it without one
 * @returns {Promise<number|null|undefined>} its id, null for none, undefined where the user turned back
 */
export async function askModel({ title, go, kind, none = "" }) {
  const models = await api("GET", `/api/models?kind=${kind}`);
  return new Promise((resolve) => {
    const select = h("select", {}, none && h("option", { value: "" }, none), ...models.map((model) => h("option", { value: model.id }, `${model.name} (${model.origin})`)));
    const usable = models.length > 0 || Boolean(none);
    const last = Number(localStorage.getItem(`model-${kind}`));
    if (models.some((model) => model.id === last)) select.value = String(last);
    const form = h("form", {}, h("h2", {}, title),
      usable ? h("label", {}, h("span", {}, "Model"), select) : h("p", {}, "There is no model yet. ", h("a", { href: "/models" }, "Add one"), " or train one."),
      h("div", { class: "buttons" }, h("button", { type: "button", onclick: () => dialog.close() }, "Back"), usable && h("button", { class: "primary" }, go)));
    const dialog = h("dialog", { class: "small", "aria-label": title }, form);
    let answer;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      answer = select.value ? Number(select.value) : null;
      if (answer) localStorage.setItem(`model-${kind}`, String(answer));
      dialog.close();
    });
    dialog.addEventListener("close", () => { dialog.remove(); resolve(answer); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Find lines on pages, or read them; tells of the job. @param {"segment"|"read"} action @param {number} document @param {number[]} pages */
export async function workOnPages(action, document, pages) {
  const count = `${pages.length} ${pages.length === 1 ? "page" : "pages"}`;
  const words = action === "read" ? { title: `Read ${count}`, go: "Read", kind: "recognition" } : { title: `Find lines on ${count}`, go: "Find lines", kind: "segmentation", none: "The one that comes with Uncial" };
  const model = await askModel(words);
  if (model === undefined) return null;
  const { job } = await api("POST", `/api/documents/${document}/${action}`, { pages, model });
  return job;
}

const FORMATS = { page: "PAGE XML", alto: "ALTO XML", text: "plain text", docx: "Word (DOCX)", pdf: "searchable PDF", tei: "TEI XML", hocr: "hOCR", page2013: "PAGE XML 2013", json: "JSON", lines: "line images with text" };

/** Export pages; goes to the job, where the file will be. @param {number} document @param {number[]} pages */
export function exportPages(document, pages) {
  const format = h("select", {}, ...Object.entries(FORMATS).map(([value, words]) => h("option", { value }, words)));
  const box = (words, on) => { const input = h("input", { type: "checkbox" }); input.checked = on; return [input, h("label", { class: "check" }, input, h("span", {}, words))]; };
  const [proposals, proposalsLabel] = box("What a model read, where nothing is written by hand", true);
  const [images, imagesLabel] = box("The images, too", false);
  const form = h("form", {}, h("h2", {}, `Export ${pages.length} ${pages.length === 1 ? "page" : "pages"}`), h("label", {}, h("span", {}, "Format"), format), proposalsLabel, imagesLabel,
    h("div", { class: "buttons" }, h("button", { type: "button", onclick: () => dialog.close() }, "Back"), h("button", { class: "primary" }, "Export")));
  const dialog = h("dialog", { class: "small", "aria-label": "Export" }, form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const { job } = await api("POST", `/api/documents/${document}/export`, { pages, format: format.value, proposals: proposals.checked, images: images.checked });
      location.assign(`/jobs/${job}`);
    } catch (error) { tellError(error); }
  });
  dialog.addEventListener("close", () => dialog.remove());
  window.document.body.append(dialog);
  dialog.showModal();
}
