/** Talking to the studio's API. Every change carries the CSRF token of this page. */

const csrf = document.querySelector('meta[name="csrf"]')?.getAttribute("content") ?? "";

/** What went wrong, in words for people. */
export class ApiError extends Error {
  /** @param {number} status @param {{code: string, message: string, remedy: string, theirs?: any}} body */
  constructor(status, body) {
    super(body.message);
    this.status = status;
    this.code = body.code;
    this.remedy = body.remedy;
    this.theirs = body.theirs;
  }
}

/**
 * Ask the API; throws ApiError.
 * @param {string} method @param {string} path @param {any} [body] JSON, or a Blob as it is
 * @returns {Promise<any>}
 */
export async function api(method, path, body) {
  const headers = { "x-csrf-token": csrf };
  const raw = body instanceof Blob;
  if (body !== undefined && !raw) headers["content-type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: raw || body === undefined ? body : JSON.stringify(body) });
  } catch {
    throw new ApiError(0, { code: "offline", message: "The studio does not answer.", remedy: "Start it again; nothing that was saved is lost." });
  }
  const text = await answer.text();
  const value = text ? JSON.parse(text) : null;
  if (!answer.ok) throw new ApiError(answer.status, value?.error ?? { code: "unknown", message: answer.statusText, remedy: "" });
  if (method === "POST" && value?.job) document.dispatchEvent(new CustomEvent("job-begun", { detail: value.job }));
  return value;
}

/** Send the last changes of a page that is being closed. @param {string} method @param {string} path @param {any} body */
export function apiLast(method, path, body) {
  const headers = { "x-csrf-token": csrf, "content-type": "application/json" };
  fetch(path, { method, headers, body: JSON.stringify(body), keepalive: true }).catch(() => {});
}
