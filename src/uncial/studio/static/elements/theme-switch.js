/** <theme-switch>: light, dark, or as the system says; kept in a cookie so that no page flashes. */
import { h } from "../dom.js";

const THEMES = { "": ["◐", "as the system says"], light: ["☀", "light"], dark: ["☾", "dark"] };

class ThemeSwitch extends HTMLElement {
  connectedCallback() {
    this.button = h("button", { class: "plain", onclick: () => this.next() });
    this.append(this.button);
    this.show();
  }

  get theme() { return document.documentElement.dataset.theme ?? ""; }

  next() {
    const names = Object.keys(THEMES);
    const theme = names[(names.indexOf(this.theme) + 1) % names.length];
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=strict`;
    this.show();
    document.dispatchEvent(new CustomEvent("theme"));
  }

  show() {
    const [sign, words] = THEMES[this.theme];
    this.button.textContent = sign;
    this.button.title = `Colours: ${words}`;
    this.button.setAttribute("aria-label", `Colours: ${words}; change`);
  }
}

customElements.define("theme-switch", ThemeSwitch);
