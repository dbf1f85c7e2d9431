/** What came of a job, in figures and links. */
import { h, percent } from "./dom.js";
import { rankedTable, suggestedList, testedTable } from "./tables.js";

const FRACTION = /(^|_)(cer|wer|cer_before|cer_after)$/;
const LINKS = { document: "/documents/", model: "/models/", page: "/pages/", project: "/projects/", dataset: "/datasets/" };

/** @param {any} job */
export function resultView(job) {
  const facts = [];
  const links = [];
  for (const [name, value] of Object.entries(job.result)) {
    if (value === null || typeof value === "object") continue;
    const words = name.replaceAll("_", " ");
    if (name in LINKS && Number.isInteger(value)) links.push(h("a", { class: "button primary", href: `${LINKS[name]}${value}` }, `Open the ${words}`));
    else if (typeof value === "string" && value.startsWith("/")) links.push(h("a", { class: "button", href: value }, words));
    else facts.push(h("div", { class: "fact" }, h("b", {}, FRACTION.test(name) ? percent(value) : value.toLocaleString?.("en") ?? String(value)), h("span", {}, words)));
  }
  if (job.document_id && !links.length) links.push(h("a", { class: "button", href: `/documents/${job.document_id}` }, "Open the document"));
  if (job.result.suggested) return suggestedList(job.result);
  if (job.result.ranked) return h("div", {}, rankedTable(job.result, job.project_id));
  if (job.action === "train" && job.result.validation_cer !== null && job.project_id) links.push(h("a", { class: "button", href: `/projects/${job.project_id}/test?model=${job.result.model}` }, "Test it"));
  return h("div", {}, h("div", { class: "facts" }, ...facts), job.result.tested && testedTable(job.result), h("div", { class: "row" }, ...links));
}
