// The browser's telephone: <app-browser-phone connect="…" answer="…">. It checks the microphone, plays a tone, and keeps
// one connection to the engine as long as the page is open; every call of the agent comes over it, and the buttons in the
// bar of any page answer it. Nothing is stored on the terminal.
//
// The engine speaks PCMU and takes no trickled candidates: the offer goes out when they are all gathered.

import { csrfToken } from "./session-token.js";

const NONE = "00000000-0000-0000-0000-000000000000";
const WAIT = 12000;
const GATHER = 3000;

/** What to do when the browser gives no microphone. */
const REFUSED = {
  NotAllowedError: "マイクが許可されていません。アドレス欄のマイクの印を押し、「許可」にしてください。",
  NotFoundError: "マイクが見つかりません。ヘッドセットを差してから、もう一度押してください。",
  NotReadableError: "マイクをほかのソフトが使っています。そのソフトを閉じて、もう一度押してください。",
  OverconstrainedError: "選んだマイクがありません。マイクを選び直してください。",
};

class BrowserPhone extends HTMLElement {
  connectedCallback() {
    this.said = this.querySelector("[data-phone-said]");
    this.sound = this.querySelector("[data-phone-sound]");
    this.mic = this.querySelector("#phone-mic");
    this.out = this.querySelector("#phone-out");
    this.on("[data-phone-check]", () => this.check());
    this.on("[data-phone-tone]", () => this.tone());
    this.on("[data-phone-connect]", () => this.connect());
    this.on("[data-phone-leave]", () => this.leave());
    this.mic.addEventListener("change", () => this.stream && this.check());
    this.out.addEventListener("change", () => this.useOutput(this.sound));
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.list());
    document.addEventListener("app:telephone", ({ detail }) => this.ring("rings" in detail));
    window.addEventListener("beforeunload", (event) => this.peer && event.preventDefault());
    if (!navigator.mediaDevices) {
      this.tell("この画面ではマイクを使えません。https で始まるアドレスで開き直してください。");
      for (const button of this.querySelectorAll("button")) button.disabled = true;
    }
  }

  on(selector, act) {
    this.querySelector(selector).addEventListener("click", act);
  }

  tell(words) {
    this.said.textContent = words;
  }

  /** The chosen microphone, or a sentence and null. */
  async open() {
    this.stream?.getTracks().forEach((track) => track.stop());
    const chosen = this.mic.value ? { deviceId: { exact: this.mic.value } } : {};
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        audio: { ...chosen, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
      });
    } catch (error) {
      this.stream = null;
      this.tell(REFUSED[error.name] ?? "マイクを使えません。差し直してから、もう一度押してください。");
      return null;
    }
    await this.list();
    return this.stream;
  }

  /** Devices have names only after the microphone was allowed. */
  async list() {
    const found = await navigator.mediaDevices.enumerateDevices();
    for (const [select, kind] of [[this.mic, "audioinput"], [this.out, "audiooutput"]]) {
      const before = select.value;
      select.length = 1;
      for (const device of found.filter((one) => one.kind === kind && one.deviceId && one.deviceId !== "default")) {
        select.add(new Option(device.label || "名前のない装置", device.deviceId));
      }
      select.value = [...select.options].some((option) => option.value === before) ? before : "";
    }
  }

  async check() {
    const stream = await this.open();
    if (!stream) return;
    this.tell("何か話してみてください。");
    if (this.peer) this.peer.getSenders()[0]?.replaceTrack(stream.getAudioTracks()[0]);
    this.context ??= new AudioContext();
    await this.context.resume();
    const meter = this.context.createAnalyser();
    meter.fftSize = 1024;
    this.context.createMediaStreamSource(stream).connect(meter);
    const samples = new Float32Array(meter.fftSize);
    let heard = false;
    clearInterval(this.metering);
    this.metering = setInterval(() => {
      meter.getFloatTimeDomainData(samples);
      const level = Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length);
      const shown = Math.min(100, Math.round(level * 400));
      this.querySelector("#phone-level").value = shown;
      if (shown > 8 && !heard && !this.peer) {
        heard = true;
        this.tell("マイクの音が届いています。");
      }
    }, 100);
  }

  async tone() {
    const context = new AudioContext();
    const player = new Audio();
    const target = context.createMediaStreamDestination();
    const voice = context.createOscillator();
    const gain = context.createGain();
    gain.gain.value = 0.2;
    voice.frequency.value = 440;
    voice.connect(gain).connect(target);
    player.srcObject = target.stream;
    await this.useOutput(player);
    voice.start();
    await player.play();
    this.tell("音が聞こえますか。聞こえないときは「聞こえる側」を選び直してください。");
    setTimeout(() => { voice.stop(); context.close(); }, 1500);
  }

  /** Rings on the chosen device while a call waits for this agent: the caller's own sound comes only after the answer. */
  ring(on) {
    if (!on || !this.peer) {
      clearInterval(this.ringing);
      this.ringing = undefined;
      return;
    }
    if (this.ringing) return;
    const once = async () => {
      const context = new AudioContext();
      const target = context.createMediaStreamDestination();
      const gain = context.createGain();
      gain.gain.value = 0.15;
      gain.connect(target);
      for (const pitch of [480, 620]) {
        const voice = context.createOscillator();
        voice.frequency.value = pitch;
        voice.connect(gain);
        voice.start();
        voice.stop(context.currentTime + 1);
      }
      const player = new Audio();
      player.srcObject = target.stream;
      await this.useOutput(player);
      player.play().catch(() => {});
      setTimeout(() => context.close(), 1200);
    };
    once();
    this.ringing = setInterval(once, 3000);
  }

  async useOutput(player) {
    if (!player.setSinkId) return;
    try {
      await player.setSinkId(this.out.value);
    } catch {
      this.tell("選んだ装置から音を出せません。「聞こえる側」を選び直してください。");
    }
  }

  async connect() {
    const stream = await this.open();
    if (!stream) return;
    this.close();
    this.tell("つないでいます。");
    const peer = (this.peer = new RTCPeerConnection({ iceServers: [] }));
    const line = peer.addTransceiver(stream.getAudioTracks()[0], { streams: [stream] });
    const known = RTCRtpReceiver.getCapabilities("audio").codecs.filter((codec) => /PCMU|telephone-event/i.test(codec.mimeType));
    if (known.length) line.setCodecPreferences(known);
    peer.addEventListener("track", async ({ streams, track }) => {
      this.sound.srcObject = streams[0] ?? new MediaStream([track]);
      await this.useOutput(this.sound);
      this.sound.play().catch(() => this.tell("音を出せません。「音を鳴らす」を一度押してください。"));
    });
    peer.addEventListener("connectionstatechange", () => this.changed(peer));
    try {
      await peer.setLocalDescription(await peer.createOffer());
      await gathered(peer);
      const asked = await this.post({ offer: peer.localDescription.sdp });
      const reply = await this.reply(asked.request);
      await peer.setRemoteDescription({ type: "answer", sdp: reply });
      this.show(true);
    } catch (error) {
      this.close();
      this.tell(error.sentence ?? "電話につながりません。もう一度押すか、電話機で受けてください。");
    }
  }

  changed(peer) {
    if (peer !== this.peer) return;
    if (peer.connectionState === "connected") this.tell("つながりました。この画面を開いたまま、電話を待ってください。");
    if (peer.connectionState === "disconnected") this.tell("音が途切れています。つながるのを待っています。");
    if (peer.connectionState === "failed") {
      this.close();
      this.tell("音が切れました。「このパソコンで受ける」を押してください。");
    }
  }

  async post(values) {
    const answer = await fetch(this.getAttribute("connect"), {
      method: "POST", body: new URLSearchParams(values),
      headers: { Accept: "application/json", "X-CSRFToken": csrfToken() },
    });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw Object.assign(new Error("refused"), { sentence: told.message });
    return told;
  }

  async reply(id) {
    const until = Date.now() + WAIT;
    while (Date.now() < until) {
      const answer = await fetch(this.getAttribute("answer").replace(NONE, id), {
        headers: { Accept: "application/json" }, cache: "no-store",
      });
      const told = answer.ok ? await answer.json() : {};
      if (told.state === "done") return told.reply;
      if (told.state === "refused") throw Object.assign(new Error("refused"), { sentence: told.sentence });
      await new Promise((done) => setTimeout(done, 300));
    }
    throw Object.assign(new Error("silent"), { sentence: "電話のしくみから返事がありません。管理者に知らせてください。" });
  }

  async leave() {
    try {
      const asked = await this.post({ offer: "" });
      await this.reply(asked.request);
    } catch (error) {
      this.tell(error.sentence ?? "やめられませんでした。もう一度押してください。");
      return;
    }
    this.close();
    this.tell("このパソコンの電話をやめました。");
  }

  show(connected) {
    this.querySelector("[data-phone-connect]").hidden = connected;
    this.querySelector("[data-phone-leave]").hidden = !connected;
  }

  close() {
    this.peer?.close();
    this.peer = null;
    this.show(false);
  }
}

/** Every candidate is in the description, or three seconds are over. */
function gathered(peer) {
  if (peer.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((done) => {
    setTimeout(done, GATHER);
    peer.addEventListener("icegatheringstatechange", () => peer.iceGatheringState === "complete" && done());
  });
}

customElements.define("app-browser-phone", BrowserPhone);
