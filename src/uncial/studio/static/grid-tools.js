/** The filters above a grid of pages, and what can be done with chosen ones. */
import { h, later } from "./dom.js";

const STATUSES = ["new", "segmented", "read", "corrected", "checked"];
const SORTS = { position: "In order", name: "By name", doubt: "Most doubtful first", updated: "Last changed first" };

/** Draw the filters once, then only their numbers. @param {any} grid @param {any} found */
export function gridTools(grid, found) {
  if (!grid.chips) build(grid);
  const { filter } = grid;
  grid.chips.replaceChildren(...STATUSES.map((status) => {
    const on = filter.status.includes(status);
    return h("button", { "aria-pressed": on, onclick: () => { filter.status = on ? filter.status.filter((s) => s !== status) : [...filter.status, status]; grid.reload(); } },
      `${status} `, h("span", { class: "number" }, found.counts[status].toLocaleString("en")));
  }));
  grid.tags.replaceChildren(h("option", { value: "" }, found.tags.length ? "Any tag" : "No tags"), ...found.tags.map((tag) => h("option", { value: tag }, tag)));
  grid.tags.value = filter.tag[0] ?? "";
  grid.tags.disabled = found.tags.length === 0;
  grid.binButton.textContent = filter.bin ? "Back to the pages" : `Bin (${found.counts.bin})`;
  grid.binButton.hidden = !filter.bin && found.counts.bin === 0;
  grid.count.textContent = `${grid.ids.length.toLocaleString("en")} ${grid.ids.length === 1 ? "page" : "pages"}`;
}

function build(grid) {
  const { filter } = grid;
  grid.chips = h("div", { class: "chips", role: "group", "aria-label": "Status" });
  grid.tags = h("select", { "aria-label": "Tag", onchange: () => { filter.tag = grid.tags.value ? [grid.tags.value] : []; grid.reload(); } });
  const search = h("input", { type: "search", placeholder: "Name", "aria-label": "Part of the name", size: 14 });
  const searched = later(200, () => { filter.q = search.value; grid.reload(); });
  search.addEventListener("input", searched);
  const sort = h("select", { "aria-label": "Order" }, ...Object.entries(SORTS).map(([value, words]) => h("option", { value }, words)));
  sort.addEventListener("change", () => { filter.sort = sort.value; grid.reload(); });
  grid.binButton = h("button", { class: "plain", onclick: () => { filter.bin = !filter.bin; grid.chosen.clear(); grid.reload(); } });
  grid.count = h("span", { class: "faint number", role: "status" });
  grid.tools.append(grid.chips, grid.tags, search, sort, grid.count, h("button", { class: "plain", onclick: () => grid.chooseAll(true) }, "Choose all"), grid.binButton);
}

/** @param {any} grid */
export function bulkBar(grid) {
  const bar = grid.bulk;
  bar.hidden = grid.chosen.size === 0;
  if (bar.hidden) return;
  const count = h("b", { class: "number" }, `${grid.chosen.size.toLocaleString("en")} chosen`);
  const parts = [count];
  if (grid.filter.bin) {
    parts.push(h("button", { onclick: () => grid.change("restore", "", "bin") }, "Take out of the bin"));
  } else {
    parts.push(...grid.jobButtons?.() ?? []);
    const status = h("select", { "aria-label": "Give the chosen pages a status" }, h("option", { value: "" }, "Status …"), ...STATUSES.map((name) => h("option", { value: name }, name)));
    status.addEventListener("change", () => status.value && grid.change("status", status.value));
    const tag = h("input", { placeholder: "Tag", "aria-label": "Tag for the chosen pages", maxlength: 60, size: 10 });
    const add = h("form", { class: "row" }, tag, h("button", {}, "Add tag"), h("button", { type: "button", onclick: () => tag.value.trim() && grid.change("untag", tag.value.trim()) }, "Take off"));
    add.addEventListener("submit", (event) => { event.preventDefault(); if (tag.value.trim()) grid.change("tag", tag.value.trim()); });
    parts.push(status, add, h("button", { class: "danger", onclick: () => grid.change("bin", "", "restore") }, "Put into the bin"));
  }
  parts.push(h("button", { class: "plain", onclick: () => grid.chooseAll(false) }, "Choose none"));
  bar.replaceChildren(...parts);
}
