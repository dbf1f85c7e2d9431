/** <api-form method path then>: sends its form's fields as JSON, then goes where `then` says. */
import { api } from "../api.js";
import { tellError } from "../dom.js";

class ApiForm extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
  }

  async send() {
    const form = this.querySelector("form");
    const button = form.querySelector("button:not([type=button])");
    button.disabled = true;
    try {
      const body = Object.fromEntries(new FormData(form));
      const method = this.getAttribute("method");
      const made = await api(method, this.getAttribute("path"), method === "DELETE" ? undefined : body);
      const then = (this.getAttribute("then") ?? "").replace(/\{(\w+)\}/g, (_, name) => String(made?.[name]));
      if (then) location.assign(then); else location.reload();
    } catch (error) {
      tellError(error);
    } finally {
      button.disabled = false;
    }
  }
}

customElements.define("api-form", ApiForm);
