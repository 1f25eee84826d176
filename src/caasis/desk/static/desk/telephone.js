// The telephone in the bar: <app-telephone url="…" seen="…" agent="ID">. The server draws what is inside; this loads it
// anew when something of this agent's changed, sends its buttons without leaving the page, counts the seconds, and tells
// the server every twenty seconds that somebody is there. Without it every button is an ordinary form.
//
// Events that concern this agent: their own state, their own call, the answer to what they asked. A state changes with
// every ring, so a busy centre does not make every desk load at every call.

import { csrfToken } from "./session-token.js";

const SEEN_EVERY = 20000;
const NO_ANSWER = "電話のしくみから返事がありません。電話機で操作し、管理者に知らせてください。";

class Telephone extends HTMLElement {
  connectedCallback() {
    this.inside = this.querySelector("[data-tel-in]");
    this.live = this.querySelector("[data-tel-say]");
    this.heard = this.box?.dataset.say ?? "";
    this.onChange = ({ detail }) => this.concerns(detail) && this.soon();
    this.onMissed = () => this.soon();
    document.addEventListener("app:change", this.onChange);
    document.addEventListener("app:change-missed", this.onMissed);
    this.addEventListener("submit", (event) => this.send(event));
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("click", (event) => this.twice(event));
    // `toggle` does not bubble.
    this.addEventListener("toggle", ({ target }) => this.fill(target), true);
    this.tick();
    this.clock = setInterval(() => this.tick(), 1000);
    this.beat = setInterval(() => this.tellSeen(), SEEN_EVERY);
    this.tellSeen();
    this.follow(0);
  }

  disconnectedCallback() {
    clearInterval(this.clock);
    clearInterval(this.beat);
    document.removeEventListener("app:change", this.onChange);
    document.removeEventListener("app:change-missed", this.onMissed);
  }

  get box() {
    return this.querySelector("[data-tel]");
  }

  concerns({ topic = "", subject = "" }) {
    const box = this.box;
    if (topic === "queues.agent_state_changed") return subject === this.getAttribute("agent");
    if (topic === "telephony.request_answered") return subject === box?.dataset.pending;
    return topic.startsWith("telephony.") && subject !== "" && subject === box?.dataset.call;
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), 60);
  }

  /** Loads the inside; with the request that waits for its answer, so that a refusal is shown. */
  async load() {
    const pending = this.box?.dataset.pending;
    const url = new URL(this.getAttribute("url"), location.href);
    if (pending) url.searchParams.set("request", pending);
    await this.fetch(url, {});
  }

  async fetch(url, options) {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    let answer;
    try {
      answer = await fetch(url, { ...options, headers: { "HX-Request": "true", ...options.headers }, cache: "no-store" });
    } catch {
      this.refuse("つながりませんでした。もう一度押してください。");
      return;
    }
    if (answer.status === 401) document.dispatchEvent(new CustomEvent("app:session-expired"));
    const html = answer.ok || answer.status < 500 ? await answer.text() : "";
    // A later request has drawn already: this one is old.
    if (turn !== this.turn || !html.includes("data-tel")) {
      if (answer.status >= 500) this.refuse("電話の操作ができませんでした。もう一度押してください。");
      return;
    }
    this.draw(html);
  }

  /** Puts the new inside in; menus stay open, what is typed stays, and the focus stays where it was. */
  draw(html) {
    const before = this.box?.dataset.call;
    const open = new Set([...this.querySelectorAll("details[open]")].map((each) => each.dataset.telOpen));
    const filled = this.querySelector("[data-tel-filled]");
    const typed = new Map([...this.querySelectorAll("input[id]")].map((each) => [each.id, each.value]));
    const focus = document.activeElement && this.contains(document.activeElement) ? place(document.activeElement) : null;
    this.inside.innerHTML = html;
    if (before === this.box?.dataset.call) {
      // What was asked from a menu closes it; a refusal leaves it open, or opens it again, with what was typed.
      if (this.querySelector(".app-tel__no")) open.add(this.asked_in);
      else if (this.asked_in) open.delete(this.asked_in);
      if (filled) this.querySelector("[data-tel-fill]")?.replaceWith(filled);
      for (const each of this.querySelectorAll("details")) each.open = open.has(each.dataset.telOpen);
      for (const each of this.querySelectorAll("input[id]:not([type=radio], [type=checkbox])")) {
        if (typed.has(each.id)) each.value = typed.get(each.id);
      }
    }
    if (!this.box?.dataset.pending && !this.querySelector(".app-tel__no")) this.asked_in = undefined;
    if (focus) (this.querySelector(focus) ?? this.querySelector("button, summary, a"))?.focus({ preventScroll: true });
    this.tick();
    this.say(this.box?.dataset.say ?? "");
    this.dispatchEvent(new CustomEvent("app:telephone", { bubbles: true, detail: { ...this.box?.dataset } }));
    this.follow(0);
  }

  say(words) {
    if (words && words !== this.heard) this.live.textContent = words;
    this.heard = words;
  }

  refuse(words) {
    const line = this.querySelector(".app-tel__no") ?? document.createElement("p");
    line.className = "app-tel__no";
    line.textContent = words;
    this.querySelector(".app-tel__mid")?.prepend(line);
    this.say(words);
  }

  async send(event) {
    const form = event.target.closest("[data-tel-form]");
    if (!form) return;
    event.preventDefault();
    const body = new FormData(form, event.submitter);
    body.set("once", crypto.randomUUID());
    this.asked_in = body.has("digits") ? undefined : form.closest("details")?.dataset.telOpen;
    await this.fetch(form.action, { method: "POST", body, headers: { "X-CSRFToken": csrfToken() } });
  }

  /** The answer comes over the stream; when that is slow or gone it is asked for. */
  follow(tries) {
    clearTimeout(this.asking);
    const pending = this.box?.dataset.pending;
    if (!pending) return;
    if (pending !== this.asked) {
      this.asked = pending;
      this.tries = 0;
    }
    this.tries += 1;
    if (this.tries > 8) {
      this.box.dataset.pending = "";
      this.refuse(NO_ANSWER);
      return;
    }
    this.asking = setTimeout(() => this.load(), 500 + this.tries * 150);
  }

  /** Loads what a menu holds when it is opened: who is there changes too often to be drawn with every bar. */
  async fill(menu) {
    const place = menu.open && menu.dataset.telSrc && menu.querySelector("[data-tel-fill]:not([data-tel-filled])");
    if (!place) return;
    try {
      const answer = await fetch(menu.dataset.telSrc, { headers: { "HX-Request": "true" }, cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      place.innerHTML = await answer.text();
      place.setAttribute("data-tel-filled", "");
      place.querySelector("input:not([type=hidden])")?.focus();
    } catch {
      place.textContent = "読み込めませんでした。閉じて、もう一度開いてください。";
    }
  }

  /** What can't be taken back is pressed twice. */
  twice(event) {
    const button = event.target.closest("[data-tel-twice]");
    if (!button || button.hasAttribute("data-sure")) return;
    event.preventDefault();
    const words = button.innerHTML;
    button.setAttribute("data-sure", "");
    button.textContent = button.dataset.telTwice;
    this.live.textContent = button.dataset.telTwice;
    setTimeout(() => {
      button.removeAttribute("data-sure");
      button.innerHTML = words;
    }, 6000);
  }

  key(event) {
    const menu = event.target.closest?.("details[open]");
    if (event.key !== "Escape" || !menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  }

  tick() {
    for (const each of this.querySelectorAll("[data-since], [data-until]")) {
      const left = each.dataset.until ? new Date(each.dataset.until) - Date.now() : Date.now() - new Date(each.dataset.since);
      const seconds = Math.max(0, Math.round(left / 1000));
      const two = (number) => String(number).padStart(2, "0");
      const hours = Math.floor(seconds / 3600);
      const words = `${hours ? `${hours}:${two(Math.floor(seconds / 60) % 60)}` : Math.floor(seconds / 60)}:${two(seconds % 60)}`;
      each.textContent = each.dataset.until ? `あと ${words}` : words;
    }
  }

  async tellSeen() {
    if (!this.box || this.box.dataset.state === "offline") return;
    try {
      const answer = await fetch(this.getAttribute("seen"), {
        method: "POST", headers: { "HX-Request": "true", "X-CSRFToken": csrfToken() },
      });
      if (answer.status === 205) this.load();
    } catch {
      // The bar of the connection says it.
    }
  }
}

/** How to find a control again after the inside was drawn anew. */
function place(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  if (element.tagName === "SUMMARY") return `[data-tel-open="${element.parentElement.dataset.telOpen}"] > summary`;
  if (element.name) return `[name="${element.name}"][value="${CSS.escape(element.value)}"]`;
  return "[data-tel] summary";
}

customElements.define("app-telephone", Telephone);
