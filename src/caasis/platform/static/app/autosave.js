// <app-autosave url="…" status="ID" conflict="ID"> around a form saves what is typed to a draft of this user.
//
// When: 800 ms after the last key, at most every 5 s while typing goes on, on leaving a field, when the page is hidden.
// Sends the form (without files) by POST. Answers:
//   2xx  saved; JSON may hold {"saved_at": "14:03:21" or an ISO instant, "draft_version": 7}; the version goes into the
//        hidden input of that name and nowhere else: an answer never changes what somebody types in
//   401  (or 403) the session is gone: session.js lets people log in without leaving; then it is sent again
//   409  somebody else was first: the HTML of the answer goes into the element `conflict`; saving rests until that
//        element is empty again. Event app:conflict
//   422  the draft can't be taken as it is: {"message": "…"} is shown and the next change is tried
//   else the network or the server fails: tried again after 1, 2, 4 … 30 s and when the browser is online
// Unsent text lives in this page's memory only (F132). Events, bubbling: app:saved, app:conflict, app:save-state.

import { csrfToken } from "./session.js";

const AFTER_KEY = 800;
const AT_MOST = 5000;
const TIMEOUT = 10000;
const RETRY_FIRST = 1000;
const RETRY_LAST = 30000;
const OFFLINE = "通信できません。画面を閉じないでください。つながりしだい保存します。";
const ICONS = { same: "cloud_done", saved: "cloud_done", saving: "cloud_done", offline: "cloud_off", stopped: "sync_problem" };

const clock = (instant) => instant.toLocaleTimeString("ja-JP", { hour12: false });

/** "14:03:21" from what the server says, or from the terminal's clock when it says nothing. */
function savedAt(text) {
  if (/^\d{1,2}:\d{2}/.test(text ?? "")) return text;
  const instant = text ? new Date(text) : new Date();
  return clock(Number.isNaN(instant.getTime()) ? new Date() : instant);
}

class AppAutosave extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    if (!this.form || this.ready) return;
    this.ready = true;
    this.saved = this.#snapshot();
    this.retryDelay = RETRY_FIRST;
    this.live = document.createElement("span");
    this.live.className = "app-vh";
    this.live.setAttribute("role", "status");
    this.append(this.live);
    this.listeners = new AbortController();
    const signal = this.listeners.signal;
    this.addEventListener("input", () => this.#changed(), { signal });
    this.addEventListener("change", () => this.#changed(), { signal });
    this.addEventListener("focusout", () => this.flush(), { signal });
    this.addEventListener("submit", (event) => this.#submitted(event), { signal });
    document.addEventListener("visibilitychange", () => document.hidden && this.flush(true), { signal });
    window.addEventListener("pagehide", () => this.flush(true), { signal });
    window.addEventListener("online", () => this.flush(), { signal });
    window.addEventListener("offline", () => this.dirty && this.#state("offline", OFFLINE), { signal });
    window.addEventListener("beforeunload", (event) => this.dirty && !this.leaving && event.preventDefault(), { signal });
    document.addEventListener("app:session-restored", () => { this.expired = false; this.flush(); }, { signal });
    this.#state("same", "変更なし");
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
    this.listeners?.abort();
    this.ready = false;
  }

  /** Whether something typed has not been acknowledged by the server. */
  get dirty() {
    return this.form !== null && this.#snapshot() !== this.saved;
  }

  #snapshot() {
    const pairs = new URLSearchParams();
    for (const [name, value] of new FormData(this.form)) {
      if (typeof value === "string" && name !== "csrfmiddlewaretoken" && name !== "draft_version") pairs.append(name, value);
    }
    return pairs.toString();
  }

  #changed() {
    if (!this.dirty) {
      this.dirtySince = undefined;
      return;
    }
    const now = Date.now();
    this.dirtySince ??= now;
    this.#schedule(Math.max(0, Math.min(AFTER_KEY, this.dirtySince + AT_MOST - now)));
  }

  #schedule(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), delay);
  }

  #resting() {
    const conflict = document.getElementById(this.getAttribute("conflict") ?? "");
    return this.expired || (this.conflicted && conflict?.childElementCount > 0);
  }

  /** Saves now if there is something to save. `last` is for a page that goes away. */
  async flush(last = false) {
    clearTimeout(this.timer);
    if (!this.ready || !this.dirty || this.#resting()) return;
    if (this.sending && !last) {
      this.again = true;
      return;
    }
    const sent = this.#snapshot();
    const body = new URLSearchParams(sent);
    const version = this.form.elements.namedItem("draft_version");
    if (version instanceof HTMLInputElement) body.set("draft_version", version.value);
    this.sending = true;
    this.conflicted = false;
    this.#state("saving", "保存中");
    let answer;
    try {
      answer = await fetch(this.getAttribute("url"), {
        method: "POST",
        body,
        // The browser lets only small bodies outlive a page; the text is saved every five seconds anyway.
        keepalive: last && sent.length < 60000,
        headers: { "X-CSRFToken": csrfToken(), "X-Requested-With": "autosave", Accept: "application/json, text/html" },
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT),
      });
    } catch {
      this.#failed();
      return;
    } finally {
      this.sending = false;
    }
    await this.#answered(answer, sent);
    if (this.again) {
      this.again = false;
      this.#changed();
    }
  }

  async #answered(answer, sent) {
    if (answer.ok) {
      const data = (answer.headers.get("Content-Type") ?? "").includes("json") ? await answer.json().catch(() => ({})) : {};
      const version = this.form.elements.namedItem("draft_version");
      if (data.draft_version !== undefined && version instanceof HTMLInputElement && version.type === "hidden") {
        version.value = data.draft_version;
      }
      const wasDown = this.down;
      this.saved = sent;
      this.dirtySince = undefined;
      this.down = false;
      this.retryDelay = RETRY_FIRST;
      const words = `下書きを保存しました（${savedAt(data.saved_at)}）`;
      this.#state("saved", words, wasDown ? words : "");
      this.dispatchEvent(new CustomEvent("app:saved", { bubbles: true, detail: data }));
      if (this.dirty) this.#changed();
    } else if (answer.status === 401 || answer.status === 403 || answer.type === "opaqueredirect") {
      this.expired = true;
      this.#state("stopped", "保存を待っています。もう一度ログインしてください。");
      document.dispatchEvent(new CustomEvent("app:session-expired"));
    } else if (answer.status === 409) {
      this.conflicted = true;
      const words = "ほかの職員が先に更新しました。あなたの入力は残っています。";
      this.#state("stopped", words, words);
      const target = document.getElementById(this.getAttribute("conflict") ?? "");
      const html = await answer.text();
      if (target && (answer.headers.get("Content-Type") ?? "").includes("html")) {
        target.innerHTML = html;
        window.htmx?.process(target);
      }
      this.dispatchEvent(new CustomEvent("app:conflict", { bubbles: true }));
    } else if (answer.status === 422 || answer.status === 413 || answer.status === 400) {
      const data = await answer.json().catch(() => ({}));
      const words = data.message ?? data.detail ?? "下書きを保存できません。入力を確かめてください。";
      this.#state("stopped", words, words);
    } else {
      this.#failed();
    }
  }

  #failed() {
    this.#state("offline", OFFLINE, this.down ? "" : OFFLINE);
    this.down = true;
    this.#schedule(this.retryDelay);
    this.retryDelay = Math.min(this.retryDelay * 2, RETRY_LAST);
  }

  #submitted(event) {
    // htmx takes over its own forms and prevents the default; then the page stays.
    if (event.defaultPrevented) return;
    clearTimeout(this.timer);
    this.leaving = true;
  }

  /** Shows the state in words; only what somebody must hear goes to the live region. */
  #state(state, words, aloud = "") {
    const place = document.getElementById(this.getAttribute("status") ?? "");
    if (place) {
      place.dataset.state = state;
      (place.querySelector("[data-text]") ?? place).textContent = words;
      const use = place.querySelector("use");
      if (use) use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#i-${ICONS[state]}`));
    }
    if (aloud) this.live.textContent = aloud;
    this.dispatchEvent(new CustomEvent("app:save-state", { bubbles: true, detail: { state, words } }));
  }
}

customElements.define("app-autosave", AppAutosave);
