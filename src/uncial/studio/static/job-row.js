/** One job in a list: what it is, how far, and what can be done with it. */
import { api } from "./api.js";
import { ago, h, span, tellError } from "./dom.js";

/** What a job is doing, in words. @param {any} job */
export function jobWords(job) {
  if (job.state === "queued") return "waits for its turn";
  if (job.state !== "running") return `${job.state} ${job.ended ? ago(job.ended) : ""}`;
  if (job.wish) return { cancel: "is being cancelled", pause: "is being paused", stop: "is being stopped" }[job.wish];
  if (!job.stage) return "starts";
  const count = job.total ? `${job.done.toLocaleString("en")} of ${job.total.toLocaleString("en")} ${job.unit}` : `${job.done.toLocaleString("en")} ${job.unit}`;
  const left = job.eta === null ? "" : `, ${span(job.eta)} left`;
  return `${job.stage}: ${count}${left}`;
}

/** @param {any} job */
export function jobProgress(job) {
  const bar = h("progress", { "aria-label": `Progress of ${job.title}` });
  if (job.total) { bar.max = job.total; bar.value = job.done; } else if (job.state === "queued") { bar.max = 1; bar.value = 0; }
  return bar;
}

/** @param {string} id @param {"cancel"|"pause"|"stop"|"go-on"} wish */
export async function steer(id, wish) {
  try { return await api("POST", `/api/jobs/${id}`, { wish }); } catch (error) { tellError(error); return null; }
}

/** @param {any} job @param {{actions?: boolean, after?: () => void}} [options] */
export function jobRow(job, { actions = true, after = () => {} } = {}) {
  const row = h("div", { class: "job" },
    h("div", { class: "title" }, h("a", { href: `/jobs/${job.id}` }, job.title), h("span", { class: "badge", "data-state": job.state }, job.state)));
  const active = job.state === "running" || job.state === "queued";
  if (active) row.append(jobProgress(job));
  const words = h("div", { class: "row small faint" }, h("span", { class: "grow" }, jobWords(job)));
  const button = (label, wish, extra = "") => h("button", { class: `plain ${extra}`, onclick: async () => { await steer(job.id, wish); after(); } }, label);
  if (actions && active) words.append(button("Cancel", "cancel", "danger"));
  if (actions && job.state === "paused") words.append(button("Go on", "go-on"));
  if (actions && (job.state === "failed" || job.state === "cancelled")) words.append(button("Try again", "go-on"));
  row.append(words);
  if (job.error) row.append(h("div", { class: "notice error small" }, h("p", {}, job.error.message), job.error.remedy && h("p", {}, job.error.remedy)));
  return row;
}
