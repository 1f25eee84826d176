// <memo-pad>: the pad beside the card. Each line gets the time at which it was written, and can be quoted into the
// summary. The whole pad is the text of one textarea ([data-memo-all]), which is all there is without this script.

const time = () => new Date().toLocaleTimeString("ja-JP", { hour12: false });
const LINE = /^(\d{1,2}:\d{2}(?::\d{2})?) (.*)$/;

class MemoPad extends HTMLElement {
  connectedCallback() {
    this.all = this.querySelector("[data-memo-all]");
    this.lines = this.querySelector(".app-memo__lines");
    this.entry = this.querySelector(".app-memo__entry textarea");
    if (!this.all || !this.entry || this.ready) return;
    this.ready = true;
    this.all.hidden = true;
    this.querySelector(".app-memo__entry").hidden = false;
    this.entry.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.ctrlKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      const text = this.entry.value.trim();
      this.entry.value = "";
      if (text) this.add(text);
    });
    const tools = document.createElement("p");
    tools.className = "app-memo__tools";
    this.edit = document.createElement("button");
    this.edit.type = "button";
    this.edit.className = "app-utt__quote";
    this.edit.textContent = "まとめて直す";
    this.edit.setAttribute("aria-expanded", "false");
    this.edit.addEventListener("click", () => this.toggle());
    tools.append(this.edit);
    this.append(tools);
    this.draw();
  }

  /** A new line at the end, with its time. */
  add(text) {
    const line = `${time()} ${text.replace(/\s*\n\s*/g, " ")}`;
    this.all.value = this.all.value.trim() ? `${this.all.value.trimEnd()}\n${line}` : line;
    this.all.dispatchEvent(new Event("input", { bubbles: true }));
    this.draw();
    this.lines.scrollTop = this.lines.scrollHeight;
  }

  toggle() {
    this.all.hidden = !this.all.hidden;
    this.lines.hidden = !this.all.hidden;
    this.edit.setAttribute("aria-expanded", String(!this.all.hidden));
    this.edit.textContent = this.all.hidden ? "まとめて直す" : "直し終わる";
    if (this.all.hidden) this.draw();
    else this.all.focus();
  }

  draw() {
    const rows = this.all.value.split("\n").filter((line) => line.trim());
    this.edit.hidden = !rows.length && this.all.hidden;
    this.lines.replaceChildren(...rows.map((line) => {
      const [, at = "", words = line] = LINE.exec(line) ?? [];
      const row = document.createElement("div");
      row.className = "app-utt app-utt--k";
      const meta = document.createElement("p");
      meta.className = "app-utt__meta";
      const stamp = document.createElement("time");
      stamp.textContent = at;
      meta.append(stamp);
      const text = document.createElement("p");
      text.className = "app-utt__text";
      text.textContent = words;
      const quote = document.createElement("button");
      quote.type = "button";
      quote.className = "app-utt__quote";
      quote.textContent = "概要へ引用";
      quote.setAttribute("aria-label", `${at}のメモを概要へ引用`);
      quote.addEventListener("click", () => document.dispatchEvent(new CustomEvent("app:memo-quote", { detail: words })));
      row.append(meta, text, quote);
      return row;
    }));
  }
}

customElements.define("memo-pad", MemoPad);
