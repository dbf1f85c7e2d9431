/** <line-search project>: find words in the text of a project, with the image of every line. */
import { api } from "../api.js";
import { h, later, tellError } from "../dom.js";

class LineSearch extends HTMLElement {
  connectedCallback() {
    this.project = this.getAttribute("project");
    const query = new URLSearchParams(location.search);
    this.input = h("input", { type: "search", "aria-label": "Words to find", autocomplete: "off", placeholder: "alte haus*, or \"altes Haus\"", value: query.get("q") ?? "" });
    this.written = h("input", { type: "checkbox", onchange: () => this.search() });
    this.words = h("p", { class: "faint", role: "status" });
    this.list = h("ol", { class: "hits" });
    const soon = later(250, () => this.search());
    this.input.addEventListener("input", soon);
    const form = h("form", { class: "row", role: "search" }, h("div", { class: "grow" }, this.input), h("button", { class: "primary" }, "Search"),
      h("label", { class: "check" }, this.written, h("span", {}, "Only what people wrote")));
    form.addEventListener("submit", (event) => { event.preventDefault(); this.search(); });
    this.append(form, this.words, this.list);
    this.input.focus();
    if (this.input.value) this.search();
  }

  async search() {
    const q = this.input.value.trim();
    history.replaceState(null, "", q ? `?q=${encodeURIComponent(q)}` : location.pathname);
    if (!q) { this.list.replaceChildren(); this.words.textContent = ""; return; }
    const asked = this.asked = Symbol("search");
    try {
      const hits = await api("GET", `/api/projects/${this.project}/search?${new URLSearchParams({ q, written: String(this.written.checked) })}`);
      if (asked !== this.asked) return;
      this.words.textContent = hits.length === 0 ? "Nothing found." : hits.length === 100 ? "The first 100 lines" : `${hits.length} ${hits.length === 1 ? "line" : "lines"}`;
      this.list.replaceChildren(...hits.map((hit) => this.hit(hit, q)));
    } catch (error) {
      tellError(error);
    }
  }

  hit(hit, q) {
    const image = h("img", { src: `/api/pages/${hit.page}/lines/${encodeURIComponent(hit.line)}/image`, alt: "", loading: "lazy" });
    image.addEventListener("error", () => image.remove()); // a line of an older layout
    const state = hit.checked ? ["checked", "checked"] : hit.written ? ["corrected", "by hand"] : ["read", hit.layer];
    return h("li", { class: "card" }, h("a", { href: `/pages/${hit.page}#${encodeURIComponent(hit.line)}` }, image, h("div", { class: "text", dir: "auto" }, ...marked(hit.text, q))),
      h("div", { class: "row small faint" }, h("span", {}, `${hit.document_name} · ${hit.page_name}`), h("span", { class: "badge", "data-status": state[0] }, state[1])));
  }
}

/** A text with what was sought in it marked. @param {string} text @param {string} q */
function marked(text, q) {
  const bare = (word) => word.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const words = [...q.matchAll(/"([^"]*)"|(\S+)/g)].flatMap((found) => (found[1] ?? found[2]).match(/[\p{L}\p{N}\p{M}]+/gu) ?? []).map(bare);
  return text.split(/([\p{L}\p{N}\p{M}]+)/u).map((part, at) => (at % 2 && words.some((word) => bare(part).startsWith(word)) ? h("mark", {}, part) : part));
}

customElements.define("line-search", LineSearch);
