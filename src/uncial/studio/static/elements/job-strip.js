/** <job-strip>: how many jobs wait or run, in the bar on top; tells `job-ended` on the document. */
import { h, tell } from "../dom.js";
import { jobRow } from "../job-row.js";
import { api } from "../api.js";

const ENDED = ["done", "failed", "cancelled"];

class JobStrip extends HTMLElement {
  connectedCallback() {
    this.jobs = [];
    this.told = new Set();
    this.button = h("button", { class: "plain", "aria-expanded": "false", "aria-haspopup": "dialog", onclick: () => this.toggle() });
    this.pop = h("div", { class: "pop", hidden: true, role: "dialog", "aria-label": "Jobs that wait or run" });
    this.append(this.button, this.pop);
    this.addEventListener("keydown", (event) => { if (event.key === "Escape" && !this.pop.hidden) { this.toggle(false); this.button.focus(); } });
    document.addEventListener("click", (event) => { if (!this.contains(event.target)) this.toggle(false); });
    this.source = new EventSource("/api/jobs/stream");
    this.source.onmessage = (event) => this.heard(JSON.parse(event.data));
    window.addEventListener("pagehide", () => this.source.close());
    document.addEventListener("job-begun", (event) => this.begun(event.detail));
    this.show();
  }

  toggle(open = this.pop.hidden) {
    this.pop.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
  }

  async heard(jobs) {
    const gone = this.jobs.filter((old) => !jobs.some((job) => job.id === old.id));
    this.jobs = jobs;
    for (const job of jobs) this.told.delete(job.id);  // one that is done again ends again
    this.show();
    for (const old of gone) this.ended(await api("GET", `/api/jobs/${old.id}`).catch(() => null));
    document.dispatchEvent(new CustomEvent("jobs", { detail: jobs }));
  }

  /** Watch a job of this page until the stream knows it: a short one may end before. */
  async begun(id) {
    while (!this.jobs.some((job) => job.id === id)) {
      const job = await api("GET", `/api/jobs/${id}`).catch(() => null);
      if (!job || ENDED.includes(job.state)) return this.ended(job);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  ended(job) {
    if (!job || this.told.has(job.id)) return;
    this.told.add(job.id);
    document.dispatchEvent(new CustomEvent("job-ended", { detail: job }));
    if (job.state === "failed") tell(`${job.title} failed: ${job.error?.message ?? ""}`, "error", job.error?.remedy ?? "");
  }

  show() {
    const running = this.jobs.filter((job) => job.state === "running").length;
    const waiting = this.jobs.length - running;
    const words = this.jobs.length === 0 ? "No jobs" : [running && `${running} running`, waiting && `${waiting} waiting`].filter(Boolean).join(", ");
    this.button.replaceChildren(...(running ? [h("span", { class: "spin" })] : []), words);
    const rows = this.jobs.map((job) => jobRow(job));
    this.pop.replaceChildren(...(rows.length ? rows : [h("p", { class: "faint" }, "Nothing runs and nothing waits.")]), h("a", { href: "/jobs" }, "All jobs"));
  }
}

customElements.define("job-strip", JobStrip);
