/** <archive-upload>: the file of a project becomes a project again. */
import { api } from "../api.js";
import { h, tellError } from "../dom.js";
import { uploadAll } from "../upload.js";

class ArchiveUpload extends HTMLElement {
  connectedCallback() {
    const file = h("input", { type: "file", accept: ".zip", "aria-label": "Archive of a project" });
    const words = h("span", { class: "faint small", role: "status" });
    file.addEventListener("change", async () => {
      try {
        const [upload] = await uploadAll([...file.files], (_, told) => { words.textContent = told; });
        const { job } = await api("POST", "/api/archives", { upload });
        location.assign(`/jobs/${job}`);
      } catch (error) {
        tellError(error);
        words.textContent = "";
      }
    });
    this.append(h("div", { class: "row" }, file, words));
  }
}

customElements.define("archive-upload", ArchiveUpload);
