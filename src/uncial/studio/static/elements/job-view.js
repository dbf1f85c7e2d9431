/** <job-view job>: one job, live: state, progress, curves, sample lines, log. */
import { api } from "../api.js";
import { ago, h, span, tellError } from "../dom.js";
import { jobProgress, jobWords, steer } from "../job-row.js";
import { resultView } from "../job-result.js";

class JobView extends HTMLElement {
  async connectedCallback() {
    this.job = this.getAttribute("job");
    this.head = h("div", { class: "head" });
    this.state = h("div", { role: "status", "aria-live": "polite" });
    this.outcome = h("div");
    this.training = h("div");
    this.lines = h("div", { class: "log", hidden: true, role: "log", tabindex: 0, "aria-label": "Log" });
    this.inputs = h("details", { class: "card" }, h("summary", {}, "Frozen inputs"));
    this.append(this.head, this.state, this.outcome, this.training, h("section", {}, h("h2", {}, "Log"), h("p", { class: "faint small nothing" }, "Nothing out of the ordinary."), this.lines), this.inputs);
    this.source = new EventSource(`/api/jobs/${this.job}/stream`);
    this.source.addEventListener("job", (event) => this.show(JSON.parse(event.data)));
    this.source.addEventListener("told", (event) => this.told(JSON.parse(event.data)));
    this.source.addEventListener("end", () => this.source.close());
    window.addEventListener("pagehide", () => this.source.close());
    try {
      const job = await api("GET", `/api/jobs/${this.job}`);
      this.inputs.append(h("pre", { class: "small" }, JSON.stringify(job.config, null, 2)));
      this.show(job);
      if (job.action === "train") await this.watchTraining();
    } catch (error) {
      tellError(error);
    }
  }

  async watchTraining() {
    await import("./training-view.js");
    this.view = h("training-view");
    this.training.append(this.view);
    for (const event of this.waiting ?? []) this.view.told(event);
    this.waiting = null;
  }

  told(event) {
    if (this.view) this.view.told(event);
    else (this.waiting ??= []).push(event);
    if (event.event === "note") {
      const at = event.at ? `${new Date(event.at * 1000).toLocaleTimeString("en-GB")}  ` : "";
      this.lines.hidden = false;
      this.querySelector(".nothing")?.remove();
      this.lines.append(h("div", { class: event.level }, `${at}${event.text}`));
      this.lines.scrollTop = this.lines.scrollHeight;
    }
  }

  show(job) {
    const active = job.state === "running" || job.state === "queued";
    const button = (label, wish, extra = "") => h("button", { class: extra, onclick: () => this.steer(wish) }, label);
    const buttons = [];
    if (active && job.action === "train") buttons.push(button("Pause", "pause"), button("Stop and keep the best", "stop"));
    if (active) buttons.push(button("Cancel", "cancel", "danger"));
    if (job.state === "paused") buttons.push(button("Go on", "go-on", "primary"), button("Cancel", "cancel", "danger"));
    if (job.state === "failed" || job.state === "cancelled") buttons.push(button("Try again", "go-on", "primary"));
    this.head.replaceChildren(h("div", {}, h("h1", {}, job.title), h("p", { class: "faint" }, `submitted ${ago(job.created)}`, job.ended && job.started ? `, took ${span(job.ended - job.started)}` : "")),
      h("span", { class: "badge", "data-state": job.state }, job.state), ...buttons);
    this.state.replaceChildren(...(active ? [jobProgress(job), h("p", { class: "faint" }, jobWords(job))] : []));
    if (job.error) this.outcome.replaceChildren(h("div", { class: "notice error" }, h("p", {}, job.error.message), h("p", {}, job.error.remedy), job.error.trace && h("pre", { class: "small" }, job.error.trace)));
    else if (job.result) this.outcome.replaceChildren(resultView(job));
    else this.outcome.replaceChildren();
    this.view?.job(job);
  }

  async steer(wish) {
    await steer(this.job, wish);
    if (wish === "go-on") location.reload();
  }
}

customElements.define("job-view", JobView);
