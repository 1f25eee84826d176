// The counsellor's side of a talk by video: <app-video-panel ice="[…]" state="…" say="…" begin="…" answer="…">. It stands
// beside the card, asks every second what is new, begins the talk and shows the picture. The sound is the telephone's.
//
// One tab alone has the picture: two would answer each other's offers.

import { Picture, REFUSED } from "../app/picture.js";
import { csrfToken } from "./session-token.js";

const NONE = "00000000-0000-0000-0000-000000000000";
const EVERY = 1000;
const SELDOM = 5000;
const WAIT = 12000;
const SAYS = {
  booked: "相談者はまだ入っていません。",
  waiting: "相談者が待っています。",
  away: "相談者の画面が閉じています。",
  talking: "話しています。",
  ended: "ビデオ相談は終わりました。",
  cancelled: "取りやめになりました。",
  missed: "相談者が来ませんでした。",
};

class VideoPanel extends HTMLElement {
  connectedCallback() {
    this.said = this.querySelector("[data-video-said]");
    this.other = this.querySelector("[data-video-other]");
    this.own = this.querySelector("[data-video-own]");
    this.pictures = this.querySelector("[data-video-pictures]");
    this.start = this.querySelector("[data-video-begin]");
    this.camera = this.querySelector("[data-video-camera]");
    this.start.addEventListener("click", () => this.begin());
    this.camera.addEventListener("click", () => this.toggle());
    this.picture = new Picture({
      ice: JSON.parse(this.getAttribute("ice")), offers: true,
      say: (kind, body) => this.post(this.getAttribute("say"), { kind, body }),
      shown: (stream) => { this.other.srcObject = stream; this.other.play().catch(() => {}); },
      changed: (how) => this.pictured(how),
    });
    this.poll();
  }

  disconnectedCallback() {
    clearTimeout(this.next);
    this.stop();
  }

  tell(words) {
    if (this.said.textContent !== words) this.said.textContent = words;
  }

  async poll() {
    let next = EVERY;
    try {
      const answer = await fetch(`${this.getAttribute("state")}?after=${this.after ?? ""}`, {
        headers: { Accept: "application/json" }, cache: "no-store",
      });
      if (answer.ok) next = await this.show(await answer.json());
      else if (answer.status < 500) return;
    } catch {
      next = SELDOM;
    }
    if (next && this.isConnected) this.next = setTimeout(() => this.poll(), next);
  }

  /** Draw what is new; returns when to ask again, 0 for never. */
  async show(told) {
    this.after = told.after;
    const talking = told.state === "talking" && told.mine;
    const stands = told.state === "waiting" && !told.there ? "away" : told.state;
    if (stands !== this.stands) {
      this.stands = stands;
      this.dataset.state = told.state;
      this.tell(told.mine ? SAYS[stands] : "ほかの相談員が話しています。");
      this.start.hidden = stands !== "waiting";
      this.consent(told.consent);
    }
    if (talking && !this.on) {
      this.on = true;
      this.hold();
    }
    if (!talking && this.on) this.stop();
    if (this.has) for (const one of told.said) await this.picture.hear(one);
    this.list(told.files);
    if (["ended", "cancelled", "missed"].includes(told.state)) return 0;
    return told.state === "booked" ? SELDOM : EVERY;
  }

  consent(word) {
    const line = this.querySelector("[data-video-consent]");
    line.hidden = !word;
    line.textContent = word === "refused" ? "録音しない希望です。録音されません。" : "録音の同意があります。";
  }

  list(files) {
    const list = this.querySelector("[data-video-files]");
    if (list.children.length === files.length) return;
    list.replaceChildren(...files.map((name) => Object.assign(document.createElement("li"), { textContent: name })));
    list.hidden = !files.length;
    this.querySelector("[data-video-evidence]").hidden = !files.length;
  }

  // --- the picture ----------------------------------------------------------------------------------------------------

  hold() {
    if (!navigator.locks) {
      this.take();
      return;
    }
    navigator.locks.request(this.getAttribute("state"), { ifAvailable: true }, (lock) => {
      if (!lock) {
        this.tell("映像は、ほかのタブに出ています。");
        return undefined;
      }
      this.take();
      return new Promise((done) => { this.release = done; });
    });
  }

  async take() {
    this.has = true;
    this.pictures.hidden = false;
    let words = "";
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 }, height: { ideal: 480 } } });
      this.own.srcObject = this.stream;
      this.own.hidden = false;
      this.camera.hidden = false;
      await this.picture.use(this.stream.getVideoTracks()[0]);
    } catch (error) {
      words = REFUSED[error.name] ?? "カメラを使えません。相手には映りませんが、話せます。";
    }
    if (words) this.tell(words);
    await this.picture.ready().catch(() => {});
  }

  stop() {
    this.on = this.has = false;
    this.picture.close();
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.pictures.hidden = this.own.hidden = this.camera.hidden = true;
    this.release?.();
  }

  toggle() {
    const [track] = this.stream?.getVideoTracks() ?? [];
    if (!track) return;
    track.enabled = !track.enabled;
    this.camera.querySelector("span").textContent = track.enabled ? "カメラを切る" : "カメラを入れる";
  }

  pictured(how) {
    if (how === "on") this.tell("話しています。映像がつながりました。");
    if (how === "off") this.tell("映像が途切れています。声はそのまま届きます。");
    if (how === "failed") this.tell("映像がつながりません。声でそのまま話せます。");
  }

  // --- beginning ------------------------------------------------------------------------------------------------------

  async begin() {
    this.start.disabled = true;
    this.tell("つないでいます。");
    try {
      const { request } = await this.post(this.getAttribute("begin"), {});
      await this.reply(request);
    } catch (error) {
      this.tell(error.sentence ?? "始められませんでした。もう一度押してください。");
    }
    this.start.disabled = false;
  }

  async reply(id) {
    const until = Date.now() + WAIT;
    while (Date.now() < until) {
      const answer = await fetch(this.getAttribute("answer").replace(NONE, id), {
        headers: { Accept: "application/json" }, cache: "no-store",
      });
      const told = answer.ok ? await answer.json() : {};
      if (told.state === "done") return;
      if (told.state === "refused") throw Object.assign(new Error("refused"), { sentence: told.sentence });
      await new Promise((done) => setTimeout(done, 300));
    }
    throw Object.assign(new Error("silent"), { sentence: "電話のしくみから返事がありません。管理者に知らせてください。" });
  }

  async post(address, values) {
    const answer = await fetch(address, {
      method: "POST", body: new URLSearchParams(values),
      headers: { Accept: "application/json", "X-CSRFToken": csrfToken() },
    });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw Object.assign(new Error("refused"), { sentence: told.message });
    return told;
  }
}

customElements.define("app-video-panel", VideoPanel);
