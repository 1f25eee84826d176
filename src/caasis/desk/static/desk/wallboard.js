// <app-wallboard url="…">: keeps a wall of numbers true without anybody touching it.
//
// It reads [data-wall-now] anew when the telephone or an agent changes (app:change of stream.js), and every five seconds
// whatever happens, because a wait grows without any event. Between two readings [data-since] counts on in the browser,
// by the server's clock. When nothing could be read for fifteen seconds the page says so and since when.

import { spell } from "./phone-clock.js";

const EVERY = 5000;
const AT_MOST = 1000;
const OLD = 15000;

class Wallboard extends HTMLElement {
  connectedCallback() {
    this.readAt = Date.now();
    this.takeClock();
    document.addEventListener("app:change", (event) => {
      if (/^(telephony|queues|appointments)\./.test(event.detail.topic ?? "")) this.soon();
    });
    document.addEventListener("app:session-restored", () => this.read());
    setInterval(() => this.tick(), 1000);
    setInterval(() => this.read(), EVERY);
  }

  /** How far the browser's clock is ahead of the server's: a wall's computer is often wrong by minutes. */
  takeClock() {
    const at = Number(this.querySelector("[data-wall-at]")?.dataset.wallAt);
    if (at) this.ahead = Date.now() - at * 1000;
  }

  now() { return Date.now() - (this.ahead ?? 0); }

  soon() {
    this.timer ??= setTimeout(() => this.read(), Math.max(150, AT_MOST - (Date.now() - (this.asked ?? 0))));
  }

  async read() {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.reading) return;
    this.reading = true;
    this.asked = Date.now();
    const stop = new AbortController();
    const limit = setTimeout(() => stop.abort(), EVERY);
    try {
      const answer = await fetch(this.getAttribute("url"), { headers: { "HX-Request": "true" }, cache: "no-store", redirect: "manual", signal: stop.signal });
      this.loggedOut = answer.status === 401 || answer.type === "opaqueredirect";
      if (answer.ok) this.show(await answer.text());
    } catch {
      // The line is cut: tick() says so when it lasts.
    } finally {
      clearTimeout(limit);
      this.reading = false;
      this.tick();
    }
  }

  show(html) {
    this.querySelector("[data-wall-now]").innerHTML = html;
    this.readAt = Date.now();
    this.takeClock();
    this.querySelector("[data-wall-state] [data-text]").textContent = `最新（${this.clock(true)}）`;
  }

  clock(seconds) {
    const form = { hour: "numeric", minute: "2-digit", timeZone: "Asia/Tokyo", hour12: false, ...(seconds && { second: "2-digit" }) };
    return new Date(this.now()).toLocaleTimeString("ja-JP", form);
  }

  tick() {
    const clock = this.querySelector("[data-wall-clock]");
    const time = this.clock(false);
    if (clock.textContent !== time) clock.textContent = time;
    const age = Date.now() - this.readAt;
    const old = age > OLD;
    const cut = this.querySelector("[data-wall-cut]");
    if (cut.hidden === old) {
      cut.hidden = !old;
      this.querySelector("[data-wall-state]").hidden = old;
      this.toggleAttribute("data-old", old);
    }
    // Said once in a minute and not every second, because it is read aloud.
    const minutes = Math.floor(age / 60000);
    const words = this.loggedOut ? "ログインが切れる前" : minutes ? `${minutes}分前` : "少し前";
    const shown = this.querySelector("[data-wall-age]");
    if (old && shown.textContent !== words) shown.textContent = words;
    if (!old) for (const one of this.querySelectorAll("[data-since]")) one.textContent = spell(this.now() / 1000 - Number(one.dataset.since));
  }
}

customElements.define("app-wallboard", Wallboard);
