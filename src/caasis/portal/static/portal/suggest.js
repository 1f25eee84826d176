// Suggestions under the search box: a combobox as ARIA 1.2 describes it, around the field that works without it.
//
// <app-suggest url="…"><div class="app-search__box"><input …><button …></div></app-suggest>
//
// Nothing is asked while the input method converts, at most once in PAUSE milliseconds, and an answer that comes after a
// newer question is thrown away. When no answer comes, the box is what it was.

const PAUSE = 150;

class Suggest extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input");
    if (!this.input || this.list) return;
    this.answers = new Map();
    this.asked = -Infinity;
    this.active = -1;
    this.list = this.appendChild(document.createElement("ul"));
    this.list.id = `${this.input.id}-list`;
    this.list.className = "app-suggest__list";
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "候補");
    this.status = this.appendChild(document.createElement("p"));
    this.status.className = "app-vh";
    this.status.setAttribute("role", "status");
    for (const [name, value] of [
      ["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"],
      ["aria-controls", this.list.id], ["autocomplete", "off"], ["autocapitalize", "none"],
    ]) this.input.setAttribute(name, value);
    this.input.addEventListener("input", (event) => event.isComposing || this.wait());
    this.input.addEventListener("compositionend", () => this.wait());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.close());
    // The field keeps the focus while a finger is on the list.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.go(option);
    });
  }

  disconnectedCallback() {
    this.stop();
  }

  stop() {
    clearTimeout(this.timer);
    this.request?.abort();
    this.request = null;
  }

  wait() {
    this.stop();
    if (!this.input.value.trim()) {
      this.close();
      return;
    }
    this.timer = setTimeout(() => this.ask(), Math.max(PAUSE, this.asked + PAUSE - performance.now()));
  }

  async ask() {
    const question = this.input.value.trim();
    const known = this.answers.get(question);
    if (known) {
      this.show(known);
      return;
    }
    this.asked = performance.now();
    const request = (this.request = new AbortController());
    try {
      const url = new URL(this.getAttribute("url"), document.baseURI);
      url.searchParams.set("q", question);
      const answer = await fetch(url, { signal: request.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const { items } = await answer.json();
      if (this.answers.size > 50) this.answers.clear();
      this.answers.set(question, items);
      if (this.request === request && this.input.value.trim() === question) this.show(items);
    } catch {
      if (this.request === request) this.close();
    }
  }

  show(items) {
    if (document.activeElement !== this.input) return;
    this.active = -1;
    this.input.removeAttribute("aria-activedescendant");
    this.list.replaceChildren(...items.map((item, index) => {
      const option = document.createElement("li");
      option.id = `${this.list.id}-${index}`;
      option.dataset.url = item.url;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      const text = option.appendChild(document.createElement("span"));
      text.className = "app-suggest__text";
      text.textContent = item.text;
      const kind = option.appendChild(document.createElement("span"));
      kind.className = "app-suggest__kind";
      kind.textContent = item.kind;
      return option;
    }));
    this.list.hidden = items.length === 0;
    this.input.setAttribute("aria-expanded", String(items.length > 0));
    // At the lower edge of a phone the list would open where nobody sees it.
    if (items.length && innerHeight - this.list.getBoundingClientRect().top < 150) this.list.scrollIntoView({ block: "nearest" });
    this.status.textContent = items.length ? `候補が${items.length}件あります。下矢印キーで選べます。` : "";
  }

  close() {
    this.stop();
    this.active = -1;
    this.list.hidden = true;
    this.list.replaceChildren();
    this.status.textContent = "";
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  key(event) {
    // Keys of the input method's own list of candidates.
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
    const options = [...this.list.children];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && options.length) {
      event.preventDefault();
      // Behind the last comes what was typed, then the first again.
      const places = options.length + 1;
      this.mark(options, ((this.active + 1 + step + places) % places) - 1);
    } else if (step === 1 && this.input.value.trim()) {
      event.preventDefault();
      this.stop();
      this.ask();
    } else if (event.key === "Escape" && options.length) {
      // The first press closes the list, the second one empties the field, as browsers do.
      event.preventDefault();
      this.close();
    } else if (event.key === "Enter" && options[this.active]) {
      event.preventDefault();
      this.go(options[this.active]);
    }
  }

  mark(options, index) {
    options[this.active]?.setAttribute("aria-selected", "false");
    this.active = index;
    const option = options[index];
    if (!option) {
      this.input.removeAttribute("aria-activedescendant");
      return;
    }
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  go(option) {
    const url = new URL(option.dataset.url, document.baseURI);
    if (url.origin === location.origin) location.assign(url);
  }
}

customElements.define("app-suggest", Suggest);
