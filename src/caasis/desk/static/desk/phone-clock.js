// <app-phone-clock>: every [data-since] in it (seconds of the epoch) counts on in the browser, by the server's clock, which
// the last [data-clock-at] in it tells. Nothing is fetched: what is in it comes with the page or with htmx.

/** 1:42, and 1:02:03 from an hour on: as the server writes it. */
export function spell(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

class PhoneClock extends HTMLElement {
  connectedCallback() {
    this.timer = setInterval(() => this.tick(), 1000);
  }

  disconnectedCallback() { clearInterval(this.timer); }

  tick() {
    const told = this.querySelector("[data-clock-at]")?.dataset.clockAt;
    // A new moment of the server came with new content: a desk's computer is often wrong by minutes.
    if (told && told !== this.told) this.ahead = Date.now() / 1000 - Number(told);
    this.told = told;
    const now = Date.now() / 1000 - (this.ahead ?? 0);
    for (const one of this.querySelectorAll("[data-since]")) one.textContent = spell(now - Number(one.dataset.since));
  }
}

customElements.define("app-phone-clock", PhoneClock);
