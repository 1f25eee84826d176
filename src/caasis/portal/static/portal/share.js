// Handing an article on: buttons that need a script stand only where one runs. The address itself and the links to mail
// and LINE work without.
//
// <app-share><input readonly …><p role="status"></p><button data-copy hidden>…<button data-print hidden>…</app-share>

class Share extends HTMLElement {
  connectedCallback() {
    this.field = this.querySelector("input");
    this.status = this.querySelector("[role=status]");
    const copy = this.querySelector("[data-copy]");
    const print = this.querySelector("[data-print]");
    copy.hidden = print.hidden = false;
    copy.addEventListener("click", () => this.copy());
    print.addEventListener("click", () => window.print());
    this.field.addEventListener("focus", () => this.field.select());
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.field.value);
      this.say("アドレスをコピーしました。貼り付けて送れます。");
    } catch {
      // Without a secure connection, or refused: the address is marked, and one key copies it.
      this.field.focus();
      this.field.select();
      this.say("アドレスを選びました。長押しかCtrl+Cでコピーできます。");
    }
  }

  say(text) {
    // Said again when pressed again.
    this.status.textContent = "";
    requestAnimationFrame(() => (this.status.textContent = text));
  }
}

customElements.define("app-share", Share);
