/** <job-list project limit>: jobs, the newest first, kept up to date. */
import { api } from "../api.js";
import { h, tellError } from "../dom.js";
import { jobRow } from "../job-row.js";

class JobList extends HTMLElement {
  connectedCallback() {
    this.load();
    document.addEventListener("jobs", () => this.load());
  }

  async load() {
    const query = new URLSearchParams({ limit: this.getAttribute("limit") ?? "100" });
    const project = this.getAttribute("project");
    if (project) query.set("project", project);
    try {
      const jobs = await api("GET", `/api/jobs?${query}`);
      const rows = jobs.map((job) => jobRow(job, { after: () => this.load() }));
      this.replaceChildren(...(rows.length ? rows : [h("p", { class: "faint" }, "No job yet.")]));
    } catch (error) {
      tellError(error);
    }
  }
}

customElements.define("job-list", JobList);
