// Questions that follow an answer show themselves only after it. Without a script they stand there with a sentence that
// says who is asked; the server takes an answer to them only from whom it concerns.
//
// <app-survey><form>…<fieldset data-if="key" data-values="1 2"><p data-hint>…</app-survey>

class Survey extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.following = [...this.querySelectorAll("[data-if]")];
    this.querySelectorAll("[data-hint]").forEach((hint) => (hint.hidden = true));
    this.form.addEventListener("change", () => this.show());
    // A form that the browser brings back carries its answers only after the page has loaded.
    window.addEventListener("pageshow", () => this.show());
    this.show();
  }

  show() {
    const asked = new Set();
    for (const block of this.querySelectorAll("[data-key]")) {
      const before = block.dataset.if;
      const wanted = (block.dataset.values || "").split(" ");
      const answer = before && asked.has(before) ? this.form.elements[before].value : "";
      block.hidden = Boolean(before) && !wanted.includes(answer);
      if (!block.hidden) asked.add(block.dataset.key);
    }
  }
}

customElements.define("app-survey", Survey);
