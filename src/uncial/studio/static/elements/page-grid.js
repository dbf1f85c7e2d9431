/** <page-grid document>: thumbnails of thousands of pages; only those in sight are in the page. */
import { api } from "../api.js";
import { h, later, percent, tell, tellError } from "../dom.js";
import { bulkBar, gridTools } from "../grid-tools.js";
import { addToDataset } from "../to-dataset.js";
import { exportPages, workOnPages } from "../models.js";

const GAP = 14;
const HEIGHT = 268 + GAP;
const WIDTH = 190;
const AHEAD = 2; // rows above and below the window that are kept ready

class PageGrid extends HTMLElement {
  connectedCallback() {
    this.document = Number(this.getAttribute("document"));
    this.filter = { status: [], tag: [], q: "", sort: "position", bin: false };
    this.ids = [];
    this.rows = new Map();
    this.tiles = new Map();
    this.chosen = new Set();
    this.last = null;
    this.tools = h("div", { class: "tools" });
    this.bulk = h("div", { class: "bulk", hidden: true, role: "region", "aria-label": "Chosen pages" });
    this.sheet = h("div", { class: "sheet", role: "group", "aria-label": "Pages" });
    this.empty = h("div", { class: "empty", hidden: true });
    this.append(this.tools, this.bulk, this.sheet, this.empty);
    this.fetchSoon = later(30, () => this.fetchRows());
    window.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.layout()).observe(this);
    this.sheet.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("job-ended", (event) => { if (event.detail.document_id === this.document) this.reload(); });
    document.addEventListener("jobs", (event) => { if (event.detail.some((job) => job.document_id === this.document)) this.refreshSeen(); });
    this.reload();
  }

  /** Fetch the order anew; what is chosen stays. */
  async reload() {
    const query = new URLSearchParams({ sort: this.filter.sort });
    for (const status of this.filter.status) query.append("status", status);
    for (const tag of this.filter.tag) query.append("tag", tag);
    if (this.filter.q) query.set("q", this.filter.q);
    if (this.filter.bin) query.set("bin", "true");
    try {
      const found = await api("GET", `/api/documents/${this.document}/pages/index?${query}`);
      this.ids = found.pages;
      const alive = new Set(this.ids);
      this.chosen = new Set([...this.chosen].filter((id) => alive.has(id)));
      this.rows.clear();
      for (const tile of this.tiles.values()) tile.remove();
      this.tiles.clear();
      gridTools(this, found);
      this.showEmpty(found);
      this.layout();
      this.choose();
    } catch (error) {
      tellError(error);
    }
  }

  /** Fetch again what is in sight: thumbnails and statuses arrive while jobs run. */
  refreshSeen() {
    for (const [id, tile] of this.tiles) if (this.rows.get(id)?.pictures === "waiting" || !tile.dataset.filled) this.rows.delete(id);
    if (this.ids.length === 0) this.reload(); else this.fetchSoon();
  }

  layout() {
    const width = this.clientWidth;
    if (!width) return;
    this.columns = Math.max(1, Math.floor((width + GAP) / (WIDTH + GAP)));
    this.step = (width + GAP) / this.columns;
    this.sheet.style.setProperty("--tile-width", `${this.step - GAP}px`);
    this.sheet.style.height = `${Math.ceil(this.ids.length / this.columns) * HEIGHT}px`;
    for (const tile of this.tiles.values()) tile.remove();
    this.tiles.clear();
    this.draw();
  }

  draw() {
    if (!this.columns) return;
    const top = -this.sheet.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(top / HEIGHT) - AHEAD) * this.columns;
    const end = Math.min(this.ids.length, (Math.ceil((top + innerHeight) / HEIGHT) + AHEAD) * this.columns);
    const wanted = new Set(this.ids.slice(first, end));
    for (const [id, tile] of this.tiles) {
      if (!wanted.has(id) && !tile.contains(document.activeElement)) { tile.remove(); this.tiles.delete(id); }
    }
    for (let at = first; at < end; at += 1) {
      const id = this.ids[at];
      if (this.tiles.has(id)) continue;
      const tile = this.tile(id, at);
      this.tiles.set(id, tile);
      this.sheet.append(tile);
    }
    if ([...wanted].some((id) => !this.rows.has(id))) this.fetchSoon();
  }

  tile(id, at) {
    const tile = h("div", { class: "tile", "data-page": id });
    tile.style.transform = `translate(${(at % this.columns) * this.step}px, ${Math.floor(at / this.columns) * HEIGHT}px)`;
    tile.classList.toggle("chosen", this.chosen.has(id));
    const row = this.rows.get(id);
    if (row) this.fill(tile, row);
    return tile;
  }

  fill(tile, row) {
    const ready = row.pictures === "ready";
    const words = row.pictures === "failed" ? "This image is damaged" : "Image is being prepared";
    const picture = h("div", { class: "picture" }, ready ? h("img", { src: `/pictures/${row.picture}/thumb.jpg`, alt: "", loading: "lazy", decoding: "async" }) : words);
    const cer = row.predicted_cer === null ? "" : `≈ ${percent(row.predicted_cer)}`;
    const check = h("input", { type: "checkbox", "aria-label": `Choose ${row.name}`, onclick: (event) => this.tick(row.id, event) });
    check.checked = this.chosen.has(row.id);
    const doubt = row.predicted_cer === null ? "" : row.predicted_cer < 0.03 ? "low" : row.predicted_cer < 0.1 ? "some" : "much";
    tile.replaceChildren(
      h("a", { href: `/pages/${row.id}` }, picture, h("div", { class: "about" },
        h("span", { class: "name", title: row.name }, h("span", {}, row.name.slice(0, -9)), h("span", {}, row.name.slice(-9))),
        h("span", {}, h("span", { class: "badge", "data-status": row.status }, row.status)),
        h("span", { class: "cer", title: "Share of wrong characters to be expected, by the model's own confidence" }, cer))),
      check,
      h("div", { class: "tags" }, ...row.tags.map((tag) => h("span", { class: "badge" }, tag))),
      h("div", { class: "strip", "data-doubt": doubt }));
    tile.dataset.filled = "yes";
  }

  async fetchRows() {
    const lacking = [...this.tiles.keys()].filter((id) => !this.rows.has(id)).slice(0, 200);
    if (lacking.length === 0) return;
    try {
      const rows = await api("GET", `/api/pages?${lacking.map((id) => `ids=${id}`).join("&")}`);
      for (const row of rows) {
        this.rows.set(row.id, row);
        const tile = this.tiles.get(row.id);
        if (tile) this.fill(tile, row);
      }
    } catch (error) {
      tellError(error);
    }
  }

  /** Choose one page, or with Shift all between it and the last one. */
  tick(id, event) {
    const on = event.target.checked;
    const [from, to] = [this.ids.indexOf(this.last ?? id), this.ids.indexOf(id)];
    const range = event.shiftKey && from >= 0 ? this.ids.slice(Math.min(from, to), Math.max(from, to) + 1) : [id];
    for (const one of range) if (on) this.chosen.add(one); else this.chosen.delete(one);
    this.last = id;
    this.choose();
  }

  chooseAll(on) {
    this.chosen = on ? new Set(this.ids) : new Set();
    this.choose();
  }

  choose() {
    for (const [id, tile] of this.tiles) {
      const on = this.chosen.has(id);
      tile.classList.toggle("chosen", on);
      const check = tile.querySelector("input");
      if (check) check.checked = on;
    }
    bulkBar(this);
  }

  /** Do one thing to all chosen pages. */
  async change(action, value = "", undo = null) {
    const pages = [...this.chosen];
    try {
      await api("POST", `/api/documents/${this.document}/pages/bulk`, { pages, action, value });
      const count = `${pages.length} ${pages.length === 1 ? "page" : "pages"}`;
      if (undo) tell(`${count}: done`, "info", "", { label: "Undo", run: async () => { this.chosen = new Set(pages); await this.change(undo, value); } });
      await this.reload();
    } catch (error) {
      tellError(error);
    }
  }

  key(event) {
    if ((event.ctrlKey || event.metaKey) && event.key === "a") { event.preventDefault(); this.chooseAll(true); return; }
    const moves = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.columns, ArrowUp: -this.columns };
    const tile = event.target.closest?.(".tile");
    if (!tile || !(event.key in moves) || event.ctrlKey || event.altKey) return;
    const at = this.ids.indexOf(Number(tile.dataset.page)) + moves[event.key];
    if (at < 0 || at >= this.ids.length) return;
    event.preventDefault();
    scrollTo({ top: scrollY + this.sheet.getBoundingClientRect().top + Math.floor(at / this.columns) * HEIGHT - innerHeight / 3 });
    this.draw();
    const next = this.tiles.get(this.ids[at]);
    const wanted = event.target.tagName === "INPUT" ? "input" : "a";
    const focus = (tries) => { const found = next.querySelector(wanted); if (found) found.focus({ preventScroll: true }); else if (tries) setTimeout(() => focus(tries - 1), 40); };
    focus(25);
  }

  /** What models can do with the chosen pages. */
  jobButtons() {
    const work = (action) => async () => {
      try {
        const pages = this.ids.filter((id) => this.chosen.has(id));
        if (await workOnPages(action, this.document, pages)) { tell("It is being done; you can go on working."); this.chooseAll(false); }
      } catch (error) { tellError(error); }
    };
    return [h("button", { class: "primary", onclick: work("segment") }, "Find lines"), h("button", { class: "primary", onclick: work("read") }, "Read"),
      h("button", { onclick: () => addToDataset(this.document, this.ids.filter((id) => this.chosen.has(id))).catch(tellError) }, "Add to dataset"),
      h("button", { onclick: () => exportPages(this.document, this.ids.filter((id) => this.chosen.has(id))) }, "Export")];
  }

  showEmpty(found) {
    const all = Object.entries(found.counts).reduce((sum, [name, count]) => (name === "bin" ? sum : sum + count), 0);
    this.empty.hidden = this.ids.length > 0;
    const words = this.filter.bin ? ["The bin of this document is empty."] : all === 0
      ? ["No pages yet.", "Drop images anywhere on this screen, or choose Import."] : ["No page is like that.", "Take back a filter."];
    this.empty.replaceChildren(...words.map((text) => h("p", {}, text)));
  }
}

customElements.define("page-grid", PageGrid);
