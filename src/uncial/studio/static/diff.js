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

/** Edits between two texts: what both begin and end with stays. @param {string} before @param {string} after @returns {[string, string, string][]} */
export function simpleSteps(before, after) {
  const [a, b] = [[...before], [...after]];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  const middle = (list) => list.slice(head, list.length - tail).join("");
  return [["equal", a.slice(0, head).join(""), ""], ["replace", middle(a), middle(b)], ["equal", a.slice(a.length - tail).join(""), ""]];
}
