/** Saves what was changed, a moment after the last change, and settles conflicts with others. */
import { api, apiLast } from "../api.js";
import { later } from "../dom.js";
import { stateFrom } from "./edits.js";

const WAIT_MS = 700;
const RETRY_MS = 4000;

export class Saver extends EventTarget {
  /** @param {number} page @param {import("./edits.js").Edits} edits @param {any} bundle as the API gave it */
  constructor(page, edits, bundle) {
    super();
    this.page = page;
    this.edits = edits;
    this.known = edits.state;
    this.version = { id: bundle.layout.id, revision: bundle.layout.revision };
    this.revisions = new Map(Object.entries(bundle.texts).map(([line, one]) => [line, one.revision]));
    this.force = new Set();
    this.busy = false;
    this.state = "saved";
    this.soon = later(WAIT_MS, () => this.save());
    edits.addEventListener("change", () => { if (this.dirty()) { this.tell("unsaved"); this.soon(); } else this.tell("saved"); });
    window.addEventListener("pagehide", () => this.last());
    window.addEventListener("beforeunload", (event) => { if (this.state === "failed" && this.dirty()) event.preventDefault(); });
  }

  tell(state, detail = null) {
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, ...detail } }));
  }

  /** What the server does not know yet. */
  changes() {
    const { known } = this;
    const now = this.edits.state;
    const differing = (kind) => {
      const found = {};
      if (known[kind] === now[kind]) return found;
      for (const [id, thing] of now[kind]) if (known[kind].get(id) !== thing) found[id] = thing;
      for (const id of known[kind].keys()) if (!now[kind].has(id)) found[id] = null;
      return found;
    };
    const lines = differing("lines");
    const regions = differing("regions");
    const reordered = now.order.length !== known.order.length || now.order.some((id, at) => id !== known.order[at]);
    const layout = Object.keys(lines).length || Object.keys(regions).length || reordered
      ? { segmentation: this.version.id, revision: this.version.revision, lines, regions, order: reordered ? now.order : null } : null;
    const texts = [];
    for (const line of new Set([...now.texts.keys(), ...now.checked, ...known.checked])) {
      const text = now.texts.get(line) ?? "";
      if (text === (known.texts.get(line) ?? "") && known.texts.has(line) === now.texts.has(line) && known.checked.has(line) === now.checked.has(line)) continue;
      texts.push({ line, text, base: this.revisions.get(line) ?? 0, checked: now.checked.has(line), force: this.force.has(line) });
    }
    for (const line of known.texts.keys()) if (!now.texts.has(line) && now.lines.has(line)) texts.push({ line, text: "", base: this.revisions.get(line) ?? 0, checked: false, force: this.force.has(line) });
    return { layout, texts, now };
  }

  dirty() {
    const { layout, texts } = this.changes();
    return Boolean(layout) || texts.length > 0;
  }

  async save() {
    if (this.busy) { this.soon(); return; }
    const { layout, texts, now } = this.changes();
    if (!layout && !texts.length) return;
    this.busy = true;
    this.tell("saving");
    try {
      if (layout) await this.saveLayout(layout, now);
      if (texts.length) await this.saveTexts(texts, now);
      this.tell(this.dirty() ? "unsaved" : "saved");
      if (this.dirty()) this.soon();
    } catch (error) {
      this.failed(error);
    } finally {
      this.busy = false;
    }
  }

  async saveLayout(change, now) {
    const made = await api("PATCH", `/api/pages/${this.page}/layout`, change);
    this.version = { id: made.id, revision: made.revision };
    this.known = { ...this.known, lines: now.lines, regions: now.regions, order: now.order };
    if (made.merged) await this.refresh();
  }

  async saveTexts(texts, now) {
    const answer = await api("PUT", `/api/pages/${this.page}/readings`, { lines: texts });
    const known = { ...this.known, texts: new Map(this.known.texts), checked: new Set(this.known.checked) };
    for (const [line, one] of Object.entries(answer.saved)) {
      this.revisions.set(line, one.revision);
      this.force.delete(line);
      if (now.texts.has(line)) known.texts.set(line, now.texts.get(line)); else known.texts.delete(line);
      if (now.checked.has(line)) known.checked.add(line); else known.checked.delete(line);
    }
    this.known = known;
    const conflicts = Object.entries(answer.conflicts);
    if (conflicts.length) this.tell("conflict", { texts: conflicts.map(([line, theirs]) => ({ line, mine: now.texts.get(line) ?? "", theirs })) });
  }

  failed(error) {
    if (error.status === 409 && error.theirs) this.tell("conflict", { layout: error.theirs });
    else {
      this.tell("failed", { error });
      if (error.status === 0 || error.status >= 500) setTimeout(() => this.save(), RETRY_MS);
    }
  }

  /** Settle a conflict of texts. @param {string} line @param {any} theirs @param {boolean} mine whether ours stays */
  settleText(line, theirs, mine) {
    this.revisions.set(line, theirs.revision);
    const known = { ...this.known, texts: new Map(this.known.texts).set(line, theirs.text) };
    this.known = known;
    if (mine) this.force.add(line);
    else this.edits.absorb((draft) => { draft.texts.set(line, theirs.text); });
    this.soon();
  }

  /** Settle a conflict of lines. @param {any} theirs @param {boolean} mine whether ours stay */
  settleLayout(theirs, mine) {
    const changed = new Set(theirs.things);
    this.take(theirs.layout, (id) => mine || !changed.has(id));
    this.soon();
  }

  /** Fetch what others changed; what we changed stays ours. */
  async refresh() {
    const bundle = await api("GET", `/api/pages/${this.page}`);
    this.take(bundle.layout, () => true);
  }

  /** Take over a layout, but keep our unsaved changes of which `ours` says so. */
  take(layout, ours) {
    const { layout: change } = this.changes();
    const theirs = stateFrom(layout, {});
    const taken = [];
    for (const kind of ["lines", "regions"]) {
      const mine = change?.[kind] ?? {};
      for (const id of new Set([...theirs[kind].keys(), ...this.known[kind].keys()])) {
        const thing = theirs[kind].get(id) ?? null;
        const differs = JSON.stringify(thing) !== JSON.stringify(this.known[kind].get(id) ?? null);
        if (id in mine ? !ours(id) : differs) taken.push([kind, id, thing]);
      }
    }
    this.version = { id: layout.id, revision: layout.revision };
    this.known = { ...this.known, lines: theirs.lines, regions: theirs.regions, order: theirs.order };
    this.edits.absorb((draft) => {
      for (const [kind, id, thing] of taken) if (thing) draft[kind].set(id, thing); else draft[kind].delete(id);
      const order = change?.order ? draft.order : theirs.order;
      const rest = [...draft.lines.keys()].filter((id) => !order.includes(id));
      draft.order = [...order.filter((id) => draft.lines.has(id)), ...rest];
    });
    // what did not differ is the same object again, so that it is not taken for a change
    for (const kind of ["lines", "regions"]) {
      for (const [id, thing] of this.edits.state[kind]) {
        if (JSON.stringify(thing) === JSON.stringify(theirs[kind].get(id))) this.known[kind].set(id, thing);
      }
    }
  }

  /** The page is being closed: send what is left. */
  last() {
    const { layout, texts } = this.changes();
    if (layout) apiLast("PATCH", `/api/pages/${this.page}/layout`, layout);
    if (texts.length) apiLast("PUT", `/api/pages/${this.page}/readings`, { lines: texts });
  }
}
