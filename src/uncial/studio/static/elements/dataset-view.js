/** <dataset-view dataset>: pages of a dataset, its versions, findings and characters. */
import { api } from "../api.js";
import { ago, h, tell, tellError } from "../dom.js";
import { jobOver } from "../job-wait.js";
import { table } from "../tables.js";

class DatasetView extends HTMLElement {
  async connectedCallback() {
    this.ident = this.getAttribute("dataset");
    this.now = h("section", { class: "card" });
    this.place = h("div");
    this.versions = h("section");
    this.pages = h("details", { class: "card" });
    this.append(this.now, this.place, this.versions, this.pages);
    await this.change(null);
  }

  /** @param {any} body None only looks. */
  async change(body) {
    try {
      this.held = await api(body ? "PATCH" : "GET", `/api/datasets/${this.ident}`, body ?? undefined);
      await this.show();
    } catch (error) {
      tellError(error);
    }
  }

  async show() {
    const { held } = this;
    const number = (value) => value.toLocaleString("en");
    const share = (key, words) => {
      const input = h("input", { type: "number", min: 0, max: 50, step: 1, value: Math.round(held[key] * 100) });
      input.addEventListener("change", () => this.change({ [key]: Number(input.value) / 100 }));
      return h("label", {}, h("span", {}, `${words}, %`), input);
    };
    const checked = h("input", { type: "checkbox", onchange: () => this.change({ checked: checked.checked }) });
    checked.checked = held.checked;
    const out = held.without.length;
    this.now.replaceChildren(h("h2", {}, "As it is now"),
      h("p", {}, `${number(held.now.lines)} lines with ${number(held.now.characters)} characters on ${number(held.now.pages)} of ${number(held.pages.length)} pages`, out ? `; ${number(out)} lines are left out` : "", "."),
      h("div", { class: "row end" }, share("validation", "For validation"), share("test", "For the test"), h("label", { class: "check" }, checked, h("span", {}, "Only checked lines and pages"))),
      h("p", { class: "faint small" }, "Whole pages are drawn for validation and test, so that no page stands on both sides."),
      h("div", { class: "row" }, h("button", { class: "primary", disabled: held.now.lines === 0, onclick: () => this.freeze() }, `Freeze version ${(held.versions[0]?.number ?? 0) + 1}`),
        h("button", { class: "plain danger", onclick: () => this.bin() }, "Put into the bin")));
    this.versions.replaceChildren(...await Promise.all(held.versions.map((one, at) => this.version(one, at === 0))));
    this.pages.replaceChildren(h("summary", {}, `${number(held.pages.length)} pages`), table(["Page", "Document", "Status", ""], held.pages.map((page) => [h("a", { href: `/pages/${page.id}` }, page.name), page.document, h("span", { class: "badge", "data-status": page.status }, page.status),
      h("button", { class: "plain", "aria-label": `Take ${page.name} out`, onclick: () => this.change({ remove_pages: [page.id] }) }, "✕")])));
  }

  async version(one, latest) {
    const { splits } = one;
    const parts = Object.entries(splits ?? {}).filter(([, lines]) => lines).map(([name, lines]) => `${lines.toLocaleString("en")} ${name}`).join(" · ");
    const body = h("div");
    const details = h("details", { class: "card" }, h("summary", {}, h("b", {}, `Version ${one.number}`), ` · ${(one.lines ?? 0).toLocaleString("en")} lines (${parts}) · ${ago(one.created)}`), body);
    const fill = async () => {
      if (body.childElementCount) return;
      const whole = await api("GET", `/api/datasets/versions/${one.id}`);
      body.append(h("div", { class: "row" }, h("a", { class: "button primary", href: `/projects/${this.held.project}/train?version=${one.id}` }, "Train on it")), this.findings(whole.findings ?? []), this.characters(whole.characters ?? []));
    };
    details.addEventListener("toggle", () => { if (details.open) fill().catch(tellError); });
    details.open = latest;
    return details;
  }

  findings(found) {
    if (found.length === 0) return h("p", { class: "notice" }, "Nothing is wrong with these lines.");
    const kinds = group(found, (one) => one.code);
    const left = new Set(this.held.without);
    return h("div", {}, h("h3", {}, "What is wrong with lines"), ...[...kinds].map(([, some]) => {
      const lines = [...new Set(some.map((one) => one.at).filter((at) => at && !left.has(at)))];
      const kept = some[0].severity === "warning";
      return h("div", { class: "finding" },
        h("p", {}, h("b", {}, `${some.length} × ${some[0].code.replaceAll("-", " ")}`), ` (${kept ? "kept" : "left out"}): ${some[0].remedy}.`),
        h("div", { class: "row small" }, ...some.slice(0, 12).map((one, at) => one.at && h("a", { href: place(one.at) }, `line ${at + 1}`)), some.length > 12 && h("span", {}, `and ${some.length - 12} more`),
          lines.length > 0 && h("button", { onclick: async () => { await this.change({ leave_out: lines }); tell(`${lines.length} lines are left out of the next version.`, "info", "", { label: "Undo", run: () => this.change({ take_in: lines }) }); } }, `Leave ${lines.length === 1 ? "it" : `all ${lines.length}`} out from now on`)));
    }));
  }

  characters(all) {
    const rare = all.filter((one) => one.count < 5).length;
    const rows = all.map((one) => [h("span", { class: "glyph" }, one.text === " " ? "␣" : one.text), one.count.toLocaleString("en"), one.code, one.name, one.at ? h("a", { href: place(one.at) }, "a line") : ""]);
    return h("details", {}, h("summary", {}, `${all.length} characters${rare ? `, ${rare} of them fewer than five times` : ""}`), table(["Character", ["How often", "number"], "Code point", "Name", ""], rows));
  }

  async freeze() {
    try {
      const { job } = await api("POST", `/api/datasets/${this.ident}/freeze`);
      await jobOver(job, this.place);
      await this.change(null);
    } catch (error) {
      tellError(error);
    }
  }

  async bin() {
    try {
      await api("DELETE", `/api/datasets/${this.ident}`);
      location.assign(`/projects/${this.held.project}/datasets`);
    } catch (error) {
      tellError(error);
    }
  }
}

/** The editor at a line. @param {string} at page and line */
function place(at) {
  const [page, ...line] = at.split(":");
  return `/pages/${page}#${encodeURIComponent(line.join(":"))}`;
}

/** @param {any[]} list @param {(one: any) => string} key */
function group(list, key) {
  const made = new Map();
  for (const one of list) made.set(key(one), [...(made.get(key(one)) ?? []), one]);
  return made;
}

customElements.define("dataset-view", DatasetView);
