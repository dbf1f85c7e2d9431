/** Adding pages to a dataset of their project, or to a new one. */
import { api } from "./api.js";
import { h, tell, tellError } from "./dom.js";

/** @param {number} document @param {number[]} pages */
export async function addToDataset(document, pages) {
  const { project } = await api("GET", `/api/documents/${document}`);
  const datasets = await api("GET", `/api/projects/${project}/datasets`);
  const select = h("select", {}, ...datasets.map((one) => h("option", { value: one.id }, one.name)), h("option", { value: "" }, "A new one"));
  const name = h("input", { maxlength: 200, autocomplete: "off" });
  const nameLabel = h("label", { hidden: datasets.length > 0 }, h("span", {}, "Its name"), name);
  select.addEventListener("change", () => { nameLabel.hidden = Boolean(select.value); });
  const words = `${pages.length} ${pages.length === 1 ? "page" : "pages"}`;
  const form = h("form", {}, h("h2", {}, `Add ${words} to a dataset`), h("label", {}, h("span", {}, "Dataset"), select), nameLabel,
    h("div", { class: "buttons" }, h("button", { type: "button", onclick: () => dialog.close() }, "Back"), h("button", { class: "primary" }, "Add")));
  const dialog = h("dialog", { class: "small", "aria-label": "Add to a dataset" }, form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const made = select.value
        ? await api("PATCH", `/api/datasets/${select.value}`, { add_pages: pages })
        : await api("POST", `/api/projects/${project}/datasets`, { name: name.value.trim() || "Dataset", pages });
      dialog.close();
      tell(`${words}: in ${made.name}.`, "info", "", { label: "Open it", run: () => location.assign(`/datasets/${made.id}`) });
    } catch (error) { tellError(error); }
  });
  dialog.addEventListener("close", () => dialog.remove());
  window.document.body.append(dialog);
  dialog.showModal();
}
