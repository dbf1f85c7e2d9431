/** Texts side by side with what differs, in colours and for screen readers. */
import { h } from "./dom.js";

/** @param {[string, string, string][]} steps kind, old, new */
export function editSpans(steps) {
  const made = [];
  let run = null;
  const flush = () => {
    if (!run) return;
    if (run.gone) made.push(h("del", {}, run.gone));
    if (run.come) made.push(h("ins", {}, run.come));
    run = null;
  };
  for (const [kind, gone, come] of steps) {
    if (kind === "equal") { flush(); made.push(gone); } else { run ??= { gone: "", come: "" }; run.gone += gone; run.come += come; }
  }
  flush();
  return made;
}

/**
 * The fewest edits from one text to another, by characters as people see them.
 * @param {string} before @param {string} after @returns {[string, string, string][]} kind, old, new
 */
export function alignSteps(before, after) {
  const [a, b] = [graphemes(before), graphemes(after)];
  const width = b.length + 1;
  const cost = new Uint16Array((a.length + 1) * width);
  for (let i = 0; i <= a.length; i += 1) {
    for (let j = 0; j <= b.length; j += 1) {
      cost[i * width + j] = i === 0 ? j : j === 0 ? i : Math.min(cost[(i - 1) * width + j] + 1, cost[i * width + j - 1] + 1, cost[(i - 1) * width + j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
  }
  /** @type {[string, string, string][]} */
  const steps = [];
  let [i, j] = [a.length, b.length];
  while (i > 0 || j > 0) {
    const here = cost[i * width + j];
    const same = i > 0 && j > 0 && a[i - 1] === b[j - 1];
    if (i > 0 && j > 0 && here === cost[(i - 1) * width + j - 1] + (same ? 0 : 1)) { steps.push([same ? "equal" : "replace", a[i - 1], b[j - 1]]); i -= 1; j -= 1; }
    else if (i > 0 && here === cost[(i - 1) * width + j] + 1) { steps.push(["delete", a[i - 1], ""]); i -= 1; }
    else { steps.push(["insert", "", b[j - 1]]); j -= 1; }
  }
  return steps.reverse();
}

const cutter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** @param {string} text */
export function graphemes(text) {
  return [...cutter.segment(text)].map((one) => one.segment);
}
