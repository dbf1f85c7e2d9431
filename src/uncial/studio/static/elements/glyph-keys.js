/** <glyph-keys>: characters that no keyboard has; keyboards of eScriptorium can be opened. */
import { h, tell, tellError } from "../dom.js";

const USUAL = ["ſ", "ꝛ", "æ", "œ", "ꝑ", "ꝓ", "ꝗ", "ꝝ", "⁊", "ꝯ", "ꝰ", "ʒ", "þ", "ð", "ƿ", "ꝩ", "ꝙ", "ħ", "đ", "ł", "ß", "ẽ", "ũ", "ñ", "m̄", "n̄", "ā", "ē", "ō", "aͤ", "oͤ", "uͤ", "uͦ", "˖", "·", "¬", "⸗", "„", "“", "»", "«", "§", "¶", "†", "℞", "℔", "[…]"];

class GlyphKeys extends HTMLElement {
  /** @param {any} text the line list */
  begin(text) {
    this.text = text;
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", "Special characters");
    this.keys = h("div", { class: "glyphs" });
    const input = h("input", { type: "file", accept: ".json", hidden: true, "aria-label": "Keyboard file" });
    input.addEventListener("change", () => this.read(input.files[0]));
    this.append(this.keys, h("div", { class: "row small" },
      h("button", { class: "plain", onclick: () => input.click() }, "Open a keyboard …"),
      h("button", { class: "plain", onclick: () => { localStorage.removeItem("glyphs"); this.show(); } }, "Usual ones"),
      h("button", { class: "plain", onclick: () => this.toggle() }, "Close"), input));
    this.show();
  }

  toggle() {
    this.hidden = !this.hidden;
    if (!this.hidden) this.keys.querySelector("button")?.focus();
  }

  show() {
    let kept = null;
    try { kept = JSON.parse(localStorage.getItem("glyphs") ?? "null"); } catch { kept = null; }
    const glyphs = Array.isArray(kept) ? kept : USUAL;
    this.keys.replaceChildren(...glyphs.map((glyph) => h("button", { title: [...glyph].map((c) => `U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`).join(" "),
      onmousedown: (event) => event.preventDefault(), onclick: () => this.text.insert(glyph) }, /^\p{M}/u.test(glyph) ? `◌${glyph}` : glyph)));
  }

  /** A list of characters, or a keyboard of eScriptorium: {characters: [{row, column, character}]}. @param {File|undefined} file */
  async read(file) {
    if (!file) return;
    try {
      const told = JSON.parse(await file.text());
      const entries = Array.isArray(told) ? told : told.characters;
      const glyphs = entries.map((one) => (typeof one === "string" ? one : one.character)).filter((one) => typeof one === "string" && one.length > 0 && one.length < 20);
      if (!glyphs.length) throw new Error("there are no characters in it");
      localStorage.setItem("glyphs", JSON.stringify(glyphs.slice(0, 500)));
      this.show();
      tell(`${glyphs.length} characters from ${file.name}`);
    } catch (error) {
      tellError(new Error(`${file.name}: not a keyboard: ${error.message}`));
    }
  }
}

customElements.define("glyph-keys", GlyphKeys);
