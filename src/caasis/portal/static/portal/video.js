// The consumer's page of a talk by video: <app-video-room base="/video/…/" ice="[…]">. A preview of camera and microphone;
// once inside it asks every second what is new, brings its sound when the counsellor calls, and shows the picture.
// Nothing is stored on the terminal.

import { Picture, REFUSED, gathered } from "../app/picture.js";

const EVERY = 1000;
const WAIT = 12000;

class VideoRoom extends HTMLElement {
  connectedCallback() {
    this.base = this.getAttribute("base");
    this.said = this.querySelector("[data-video-said]");
    this.own = this.querySelector("[data-video-own]");
    this.other = this.querySelector("[data-video-other]");
    this.voice = this.querySelector("[data-video-voice]");
    this.on("[data-video-try]", () => this.devices());
    this.on("[data-video-camera]", (button) => this.toggle(button, "video", "カメラを切る", "カメラを入れる"));
    this.on("[data-video-mic]", (button) => this.toggle(button, "audio", "マイクを切る", "マイクを入れる"));
    this.on("[data-video-play]", () => this.play());
    this.on("[data-video-end]", () => this.querySelector("dialog").showModal());
    this.on("[data-video-stay]", () => this.querySelector("dialog").close());
    this.on("[data-video-leave]", () => this.leave());
    this.querySelector("[data-video-file]")?.addEventListener("change", (event) => this.send(event.target));
    if (!navigator.mediaDevices || !window.RTCPeerConnection) {
      this.tell("このブラウザではビデオで話せません。センターにお電話ください。");
      return;
    }
    this.picture = new Picture({
      ice: JSON.parse(this.getAttribute("ice")), offers: false,
      say: (kind, body) => this.post("say", { kind, body }),
      shown: (stream) => { this.other.srcObject = stream; this.other.play().catch(() => {}); },
      changed: (how) => this.pictured(how),
    });
    this.begin();
  }

  async begin() {
    if (this.hasAttribute("inside")) {
      await this.devices();
      this.poll();
    } else if (await allowed()) {
      await this.devices();
    }
  }

  on(selector, act) {
    const button = this.querySelector(selector);
    button?.addEventListener("click", () => act(button));
  }

  tell(words) {
    if (this.said.textContent !== words) this.said.textContent = words;
  }

  /** Camera and microphone; without a camera the microphone alone, and the page says so. */
  async devices() {
    const sound = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        audio: sound, video: { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: "user" },
      });
      this.tell("カメラとマイクを使えます。");
    } catch (error) {
      try {
        this.stream = await navigator.mediaDevices.getUserMedia({ audio: sound });
        this.tell("カメラを使えません。声だけで話せます。");
      } catch {
        this.tell(REFUSED[error.name] ?? "カメラとマイクを使えません。つなぎ直して、もう一度押してください。");
        return;
      }
    }
    this.own.srcObject = this.stream;
    this.own.hidden = !this.stream.getVideoTracks().length;
    this.own.play().catch(() => {});
    for (const hint of this.querySelectorAll("[data-video-hint]")) hint.hidden = !this.own.hidden;
    const [track] = this.stream.getVideoTracks();
    await this.picture.use(track ?? null);
    const [voice] = this.stream.getAudioTracks();
    await this.line?.getSenders()[0]?.replaceTrack(voice);
    for (const button of this.querySelectorAll("[data-video-camera]")) button.disabled = !track;
  }

  toggle(button, kind, on, off) {
    const track = this.stream?.getTracks().find((one) => one.kind === kind);
    if (!track) return;
    track.enabled = !track.enabled;
    button.querySelector("span").textContent = track.enabled ? on : off;
    button.dataset.off = track.enabled ? "" : "yes";
  }

  // --- what is new ----------------------------------------------------------------------------------------------------

  async poll() {
    if (this.finished) return;
    let next = EVERY;
    try {
      const answer = await fetch(`${this.base}state?after=${this.after ?? ""}`, {
        headers: { Accept: "application/json" }, cache: "no-store",
      });
      const told = await answer.json();
      if (answer.ok) await this.show(told);
      else if (answer.status === 404) return this.over(told.message);
      if (["ended", "cancelled", "missed"].includes(told.state)) return this.over("ビデオ相談は終わりました。");
    } catch {
      next = 3 * EVERY;
    }
    setTimeout(() => this.poll(), next);
  }

  async show(told) {
    this.after = told.after;
    const talking = told.state === "talking";
    if (talking !== this.talking) {
      this.talking = talking;
      this.dataset.state = told.state;
      if (talking) {
        this.tell(`${told.agent || "担当者"}さんとつながりました。`);
        await this.picture.ready();
      } else {
        this.picture.close();
        this.tell("担当者が入るまで、このままお待ちください。");
      }
    }
    for (const one of told.said) await this.picture.hear(one);
    if (told.sound && !this.line && this.stream) this.bring();
    if (!told.sound && this.line) this.drop();
    this.list(told.files);
  }

  list(files) {
    const list = this.querySelector("[data-video-files]");
    if (!list || list.children.length === files.length) return;
    list.replaceChildren(...files.map((name) => Object.assign(document.createElement("li"), { textContent: name })));
    list.hidden = !files.length;
  }

  pictured(how) {
    if (how === "on") this.tell("映像がつながりました。");
    if (how === "off") this.tell("映像が途切れています。声はそのまま届きます。");
    if (how === "failed") this.tell("映像がつながりません。声でそのまま話せます。");
    this.other.hidden = how === "failed";
  }

  // --- sound: a call of the telephone engine ---------------------------------------------------------------------------

  async bring() {
    const line = (this.line = new RTCPeerConnection({ iceServers: [] }));
    const way = line.addTransceiver(this.stream.getAudioTracks()[0], { streams: [this.stream] });
    const known = RTCRtpReceiver.getCapabilities("audio").codecs.filter((codec) => /PCMU|telephone-event/i.test(codec.mimeType));
    if (known.length) way.setCodecPreferences(known);
    line.addEventListener("track", ({ track }) => {
      this.voice.srcObject = new MediaStream([track]);
      this.play();
    });
    line.addEventListener("connectionstatechange", () => {
      if (line === this.line && line.connectionState === "failed") this.drop();
    });
    try {
      await line.setLocalDescription(await line.createOffer());
      await gathered(line);
      const { request } = await this.post("sound", { offer: line.localDescription.sdp });
      await line.setRemoteDescription({ type: "answer", sdp: await this.reply(request) });
    } catch (error) {
      this.tell(error.sentence ?? "声がつながりません。もう一度つないでいます。");
      setTimeout(() => line === this.line && this.drop(), 2000);
    }
  }

  async play() {
    const button = this.querySelector("[data-video-play]");
    await this.voice.play().then(() => { button.hidden = true; }, () => { button.hidden = false; });
  }

  drop() {
    this.line?.close();
    this.line = null;
  }

  async reply(id) {
    const until = Date.now() + WAIT;
    while (Date.now() < until) {
      const answer = await fetch(`${this.base}sound/${id}`, { headers: { Accept: "application/json" }, cache: "no-store" });
      const told = answer.ok ? await answer.json() : {};
      if (told.state === "done") return told.reply;
      if (told.state === "refused") throw Object.assign(new Error("refused"), { sentence: told.sentence });
      await new Promise((done) => setTimeout(done, 300));
    }
    throw new Error("silent");
  }

  // --- what the consumer does -------------------------------------------------------------------------------------------

  async send(input) {
    if (!input.files.length) return;
    const said = this.querySelector("[data-video-sent]");
    said.textContent = "送っています。";
    try {
      const { files } = await this.post("file", { file: input.files[0] });
      this.list(files);
      said.textContent = "送りました。";
    } catch (error) {
      said.textContent = error.sentence ?? "送れませんでした。もう一度選んでください。";
    }
    input.value = "";
  }

  async leave() {
    this.querySelector("dialog").close();
    try {
      await this.post("leave", {});
    } catch { /* it was over already */ }
    this.over("ビデオ相談を終えました。このページを閉じてください。");
  }

  over(words) {
    if (this.finished) return;
    this.finished = true;
    this.drop();
    this.picture.close();
    this.stream?.getTracks().forEach((track) => track.stop());
    this.dataset.state = "over";
    this.tell(words);
    this.said.focus();
  }

  async post(name, values) {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
    for (const [key, value] of Object.entries(values)) body.set(key, value);
    const answer = await fetch(this.base + name, { method: "POST", body, headers: { Accept: "application/json" } });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw Object.assign(new Error("refused"), { sentence: told.message });
    return told;
  }
}

/** The camera was allowed here before: then its picture comes without a question. */
async function allowed() {
  try {
    return (await navigator.permissions.query({ name: "camera" })).state === "granted";
  } catch {
    return false;
  }
}

customElements.define("app-video-room", VideoRoom);
