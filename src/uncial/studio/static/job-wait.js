/** Waiting for a job on the screen that asked for it. */
import { api } from "./api.js";
import { h } from "./dom.js";
import { jobProgress, jobWords } from "./job-row.js";

const OVER = ["done", "failed", "cancelled"];

/**
 * Show a job in `place` until it is over.
 * @param {string} id @param {HTMLElement} place
 * @returns {Promise<any>} the job
 */
export async function jobOver(id, place) {
  for (;;) {
    const job = await api("GET", `/api/jobs/${id}`);
    if (OVER.includes(job.state)) {
      const failed = job.state !== "done";
      place.replaceChildren(...(failed ? [h("div", { class: "notice error" }, h("p", {}, job.error?.message ?? "It was cancelled."), job.error?.remedy && h("p", {}, job.error.remedy))] : []));
      return job;
    }
    place.replaceChildren(h("a", { href: `/jobs/${id}` }, job.title), jobProgress(job), h("p", { class: "faint small", role: "status" }, jobWords(job)));
    await new Promise((resolve) => { setTimeout(resolve, 700); });
  }
}
