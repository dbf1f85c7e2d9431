/** Making elements, messages and words for numbers. */

/**
 * An element; children that are strings become text, never markup.
 * @param {string} name @param {Record<string, any>} [attributes] `on…` functions are listeners
 * @param {...(Node|string|null|undefined|false)} children
 * @returns {any}
 */
export function h(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/**
 * Tell the user something that goes away by itself, unless it is an error.
 * @param {string} text @param {"info"|"error"|"warning"} [kind] @param {string} [remedy]
 * @param {{label: string, run: () => void}} [action]
 */
export function tell(text, kind = "info", remedy = "", action) {
  let box = document.querySelector(".messages");
  if (!box) {
    box = h("div", { class: "messages", "aria-live": "polite", popover: "manual" });
    document.body.append(box);
  }
  const notice = h("div", { class: `notice ${kind}`, role: kind === "error" ? "alert" : "status" },
    h("div", {}, h("p", {}, text), remedy && h("p", { class: "small" }, remedy)));
  if (action) notice.append(h("button", { onclick: () => { action.run(); notice.remove(); } }, action.label));
  notice.append(h("button", { class: "plain", "aria-label": "Close this message", onclick: () => notice.remove() }, "✕"));
  box.append(notice);
  // a popover in the top layer lies above open dialogs; showing it again puts it on top
  if (box.matches(":popover-open")) box.hidePopover();
  box.showPopover();
  if (kind === "info") setTimeout(() => notice.remove(), action ? 9000 : 5000);
}

/** Show an error that was caught. @param {any} error */
export function tellError(error) {
  console.error(error);
  tell(error.message ?? String(error), "error", error.remedy ?? "");
}

/** A fraction as percent. @param {number|null|undefined} value */
export function percent(value) {
  return value === null || value === undefined ? "–" : `${(value * 100).toFixed(value < 0.1 ? 2 : 1)} %`;
}

/** A span of seconds in words. @param {number|null|undefined} seconds */
export function span(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** How long ago. @param {number} then seconds since 1970 */
export function ago(then) {
  const seconds = Date.now() / 1000 - then;
  return seconds < 45 ? "just now" : `${span(seconds)} ago`;
}

/** Call once after the last of many calls. @param {number} wait ms @param {() => void} run */
export function later(wait, run) {
  let timer = 0;
  return () => { clearTimeout(timer); timer = setTimeout(run, wait); };
}
