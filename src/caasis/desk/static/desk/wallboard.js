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
    this.known = new Set(this.alarms().map((one) => one.dataset.wallAlarm));
    this.querySelector("[data-wall-sound]").addEventListener("click", () => this.turnSound());
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
    this.tellAlarms();
    this.querySelector("[data-wall-state] [data-text]").textContent = `最新（${this.clock(true)}）`;
  }

  alarms() { return [...this.querySelectorAll("[data-wall-alarm]")]; }

  /** A browser plays nothing before somebody has pressed something: this button is that. */
  turnSound() {
    const button = this.querySelector("[data-wall-sound]");
    this.audio = this.audio ? void this.audio.close() : new AudioContext();
    button.setAttribute("aria-pressed", String(Boolean(this.audio)));
    button.querySelector("[data-text]").textContent = this.audio ? "音を止める" : "知らせを音でも伝える";
    this.sound();
  }

  tellAlarms() {
    const now = this.alarms();
    if (now.some((one) => "sound" in one.dataset && !this.known.has(one.dataset.wallAlarm))) this.sound();
    this.known = new Set(now.map((one) => one.dataset.wallAlarm));
  }

  /** Two soft tones, once. */
  sound() {
    if (!this.audio) return;
    for (const [place, pitch] of [660, 880].entries()) {
      const tone = this.audio.createOscillator();
      const volume = this.audio.createGain();
      const start = this.audio.currentTime + place * 0.25;
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.15, start);
      volume.gain.linearRampToValueAtTime(0, start + 0.22);
      tone.connect(volume).connect(this.audio.destination);
      tone.start(start);
      tone.stop(start + 0.25);
    }
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
    const words = minutes ? `${minutes}分前` : "少し前";
    cut.querySelector("[data-wall-line]").hidden = Boolean(this.loggedOut);
    cut.querySelector("[data-wall-login]").hidden = !this.loggedOut;
    const shown = this.querySelector("[data-wall-age]");
    if (old && shown.textContent !== words) shown.textContent = words;
    if (!old) for (const one of this.querySelectorAll("[data-since]")) one.textContent = spell(this.now() / 1000 - Number(one.dataset.since));
  }
}

customElements.define("app-wallboard", Wallboard);
