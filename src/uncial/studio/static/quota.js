/** How much of a quota is used. */
import { h } from "./dom.js";

const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 0 });

/** @param {number} value @param {number} quota @param {string} unit */
export function used(value, quota, unit) {
  const words = `${number.format(value)} of ${number.format(quota)} ${unit}`;
  return h("div", {}, h("progress", { max: Math.max(quota, 1), value: Math.min(value, quota), "aria-label": words }), h("div", { class: "small" }, words));
}
