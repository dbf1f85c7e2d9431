/** What is on a page, and every change of it, to be undone and redone without end.
 *
 * A state is never changed, only replaced; states share what they have in common, so that a
 * thousand of them cost little. Lines and regions are frozen by convention.
 */

/** @typedef {{id: string, region: string|null, baseline: any[], boundary: any[], type: string, direction: string}} Line */
/** @typedef {{lines: Map<string, any>, regions: Map<string, any>, order: string[], texts: Map<string, string>, checked: Set<string>}} State */

const MERGE_MS = 1500;

/** @param {any} layout @param {Record<string, any>} texts @returns {State} */
export function stateFrom(layout, texts) {
  return {
    lines: new Map(layout.lines.map((line) => [line.id, line])),
    regions: new Map(layout.regions.map((region) => [region.id, region])),
    order: layout.lines.map((line) => line.id),
    texts: new Map(Object.entries(texts).map(([line, one]) => [line, one.text])),
    checked: new Set(Object.entries(texts).filter(([, one]) => one.checked).map(([line]) => line)),
  };
}

/** @param {State} state @returns {State} */
function draftOf(state) {
  return { lines: new Map(state.lines), regions: new Map(state.regions), order: [...state.order], texts: new Map(state.texts), checked: new Set(state.checked) };
}

export class Edits extends EventTarget {
  /** @param {State} state */
  constructor(state) {
    super();
    this.state = state;
    this.past = [];
    this.future = [];
  }

  /**
   * Change the page.
   * @param {string} label what was done, in words @param {(draft: State) => void} change
   * @param {string} [series] changes of one series that follow each other closely are one step
   */
  edit(label, change, series = "") {
    const draft = draftOf(this.state);
    change(draft);
    const now = performance.now();
    const last = this.past.at(-1);
    if (series && last?.series === series && now - last.when < MERGE_MS && !this.future.length) last.when = now;
    else this.past.push({ label, state: this.state, series, when: now });
    this.future = [];
    this.become(draft, label);
  }

  undo() { this.step(this.past, this.future); }

  redo() { this.step(this.future, this.past); }

  step(from, to) {
    const taken = from.pop();
    if (!taken) return;
    to.push({ label: taken.label, state: this.state, series: "", when: 0 });
    this.become(taken.state, taken.label);
  }

  /** Take over what somebody else changed: no step of ours, and undoing does not take it back.
   * @param {(draft: State) => void} change */
  absorb(change) {
    const changed = (state) => { const draft = draftOf(state); change(draft); return draft; };
    for (const step of [...this.past, ...this.future]) step.state = changed(step.state);
    this.become(changed(this.state), "");
  }

  become(state, label) {
    const before = this.state;
    this.state = state;
    this.dispatchEvent(new CustomEvent("change", { detail: { before, after: state, label } }));
  }
}

let count = 0;
/** A new id. @param {"l"|"r"} kind */
export function newId(kind) {
  count += 1;
  return `${kind}${Date.now().toString(36)}${count.toString(36)}${Math.random().toString(36).slice(2, 6)}`;
}
