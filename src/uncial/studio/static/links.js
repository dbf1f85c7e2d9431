/** Things that are shown once: links of invitations, tokens, secrets. */
import { h, tell } from "./dom.js";

/** A link with a button that copies it. @param {string} link */
export function copyLink(link) {
  return shownOnce("Send this link; it lets one person in, for a week. It is shown this once.", link);
}

/** @param {string} words @param {string} secret */
export function shownOnce(words, secret) {
  const field = h("input", { value: secret, readonly: true, "aria-label": words, onfocus: () => field.select() });
  const copy = h("button", { type: "button", onclick: async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(secret);
      tell("Copied.");
    } catch {
      tell("Copy it with Ctrl+C.");
    }
  } }, "Copy");
  return h("div", { class: "notice", role: "status" }, h("p", {}, words), h("div", { class: "row" }, h("span", { class: "grow" }, field), copy));
}
