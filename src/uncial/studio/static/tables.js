/** Tables of figures: ranked and tested models. */
import { h, percent } from "./dom.js";

/** @param {(string|[string, string])[]} heads words, or words and a class @param {any[][]} rows */
export function table(heads, rows) {
  const cells = heads.map((head) => (Array.isArray(head) ? head : [head, ""]));
  return h("div", { class: "scroll" }, h("table", {},
    h("thead", {}, h("tr", {}, ...cells.map(([words, kind]) => (words ? h("th", { scope: "col", class: kind }, words) : h("td", {}))))),
    h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map((cell, at) => h("td", { class: cells[at][1] }, cell)))))));
}

/** @param {[number, number]|null} found */
export function interval(found) {
  return found ? `${percent(found[0])} to ${percent(found[1])}` : "";
}

/** @param {any} result of the action rank @param {number|null} project */
export function rankedTable(result, project) {
  const rows = result.ranked.map((one, at) => [
    h("span", {}, h("a", { href: `/models/${one.model}` }, one.name), at === 0 && one.cer !== null && h("span", { class: "badge", "data-status": "checked" }, "best")),
    one.problem ? h("span", { class: "small" }, one.problem) : `${result.measured ? "" : "≈ "}${percent(one.cer)}`,
    interval(one.interval),
    one.problem || !result.measured ? "" : one.foreign.toLocaleString("en"),
    one.milliseconds === null ? "" : `${one.milliseconds.toFixed(1)} ms`,
    one.problem || !project ? "" : h("div", { class: "row" },
      h("button", { onclick: (event) => { localStorage.setItem("model-recognition", String(one.model)); event.target.textContent = "Will be proposed"; event.target.disabled = true; }, title: "Propose this model when pages are read" }, "Read with it"),
      h("a", { class: "button", href: `/projects/${project}/train?base=${one.model}` }, "Train from it")),
  ]);
  const words = result.measured
    ? `Error rates on ${result.lines.toLocaleString("en")} lines with ground truth.`
    : "No ground truth was used: these rates are only what the models themselves expect, and models are sure of themselves to different degrees. Check some lines for figures that can be trusted.";
  return h("section", {}, h("p", { class: result.measured ? "faint" : "notice warning" }, words),
    table(["Model", ["CER", "number"], ["95 % interval", "number"], ["Lines it cannot write", "number"], ["A line takes", "number"], ""], rows));
}

/** @param {any} result of the action test */
export function testedTable(result) {
  const rows = result.tested.map((one) => [
    h("a", { href: `/models/${one.model}` }, one.name), percent(one.cer), interval(one.interval), percent(one.wer),
    one.difference === null ? "" : signed(one.difference),
    one.difference_interval ? `${signed(one.difference_interval[0])} to ${signed(one.difference_interval[1])}` : "",
    one.verdict ? h("span", { class: "badge", "data-status": { better: "checked", worse: "" }[one.verdict] ?? "read", "data-state": one.verdict === "worse" ? "failed" : "" }, one.verdict) : "",
  ]);
  const several = rows.length > 1;
  const heads = ["Model", ["CER", "number"], ["95 % interval", "number"], ["WER", "number"], ["Difference", "number"], ["95 % interval of it", "number"], "Than the first"];
  return h("section", {}, h("h2", {}, several ? "Models compared" : "The model"),
    table(several ? heads : heads.slice(0, 4), several ? rows : rows.map((row) => row.slice(0, 4))));
}

/** @param {any} result of the action suggest */
export function suggestedList(result) {
  return h("section", {}, h("h2", {}, "Transcribe these next"), h("p", { class: "faint" }, `Chosen among ${result.among.toLocaleString("en")} lines, the most useful first.`),
    h("ol", { class: "hits" }, ...result.suggested.map((one) => h("li", { class: "card" }, h("a", { href: `/pages/${one.page}#${encodeURIComponent(one.line)}` },
      h("img", { src: `/api/pages/${one.page}/lines/${encodeURIComponent(one.line)}/image`, alt: "", loading: "lazy" }), h("div", { class: "text", dir: "auto" }, one.reading || "–"))))));
}

/** A difference of two fractions in percentage points. @param {number} value */
function signed(value) {
  return `${value < 0 ? "−" : "+"}${Math.abs(value * 100).toFixed(2)}`;
}
