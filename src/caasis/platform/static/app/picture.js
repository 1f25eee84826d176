// The picture of a talk by video, from one browser to the other. Sound goes another way, through the telephone engine, so
// a picture that does not come is no end of the talk.
//
// One side alone makes offers (the counsellor's), so none can collide; the other says "ready" when it wants one. A page
// that was opened anew says so, and the picture is made again. Candidates are not trickled: each description holds all.

const GATHER = 2500;
const TRIES = 4;
/** A "ready" that comes while an offer is on its way asks for the one that is coming. */
const ON_ITS_WAY = 3000;

export class Picture {
  /** say(kind, body) tells the other side; shown(stream) draws it; changed("on" | "off" | "failed") tells the page. */
  constructor({ ice, offers, say, shown, changed }) {
    Object.assign(this, { ice, offers, say, shown, changed });
    this.peer = null;
    this.track = null;
    this.failed = 0;
    this.made = 0;
  }

  /** One's own camera, or null: then the other side is seen all the same. */
  async use(track) {
    this.track = track;
    const line = this.peer?.getTransceivers()[0];
    if (line) await line.sender.replaceTrack(track).catch(() => {});
  }

  /** This page is there. */
  async ready() {
    await this.say("ready", "");
  }

  async hear({ kind, body }) {
    if (kind === "ready") {
      if (!this.offers) await this.ready();
      else if (Date.now() - this.made > ON_ITS_WAY) await this.offer();
    }
    if (kind === "offer" && !this.offers) await this.answer(body);
    if (kind === "answer" && this.offers && this.peer?.signalingState === "have-local-offer") {
      await this.peer.setRemoteDescription({ type: "answer", sdp: body }).catch(() => this.fail(this.peer));
    }
  }

  async offer() {
    this.made = Date.now();
    const peer = this.open();
    peer.addTransceiver(this.track ?? "video", { direction: "sendrecv" });
    await peer.setLocalDescription(await peer.createOffer());
    await gathered(peer);
    if (peer === this.peer) await this.say("offer", peer.localDescription.sdp);
  }

  async answer(sdp) {
    const peer = this.open();
    try {
      await peer.setRemoteDescription({ type: "offer", sdp });
      const [line] = peer.getTransceivers();
      line.direction = "sendrecv";
      if (this.track) await line.sender.replaceTrack(this.track);
      await peer.setLocalDescription(await peer.createAnswer());
      await gathered(peer);
      if (peer === this.peer) await this.say("answer", peer.localDescription.sdp);
    } catch {
      this.fail(peer);
    }
  }

  open() {
    this.peer?.close();
    const peer = (this.peer = new RTCPeerConnection({ iceServers: this.ice }));
    peer.addEventListener("track", ({ track }) => this.shown(new MediaStream([track])));
    peer.addEventListener("connectionstatechange", () => {
      if (peer !== this.peer) return;
      if (peer.connectionState === "connected") {
        this.failed = 0;
        this.changed("on");
      }
      if (peer.connectionState === "disconnected") this.changed("off");
      if (peer.connectionState === "failed") this.fail(peer);
    });
    return peer;
  }

  fail(peer) {
    if (peer !== this.peer) return;
    this.close();
    this.failed += 1;
    this.changed("failed");
    if (this.failed >= TRIES) return;
    // The side that offers begins again; the other asks for it.
    clearTimeout(this.again);
    this.again = setTimeout(() => (this.offers ? this.offer() : this.ready()).catch(() => {}), 2000 * this.failed);
  }

  close() {
    clearTimeout(this.again);
    this.peer?.close();
    this.peer = null;
    this.made = 0;
  }
}

/** Every candidate is in the description, or some seconds are over. */
export function gathered(peer) {
  if (peer.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((done) => {
    setTimeout(done, GATHER);
    peer.addEventListener("icegatheringstatechange", () => peer.iceGatheringState === "complete" && done());
  });
}

/** What to do when the browser gives neither camera nor microphone. */
export const REFUSED = {
  NotAllowedError: "カメラとマイクが許可されていません。アドレス欄の印から「許可」にしてください。",
  NotFoundError: "カメラかマイクが見つかりません。つないでから、ページを開き直してください。",
  NotReadableError: "カメラかマイクをほかのソフトが使っています。閉じてください。",
};
