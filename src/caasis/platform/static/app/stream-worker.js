// One stream of events for the whole browser (a browser allows six connections to an origin), shared by its tabs.
//
// Reads the event stream with fetch and not with EventSource: EventSource hides heartbeats (they are comments) and the
// status of a refusal, and both decide what people are told. Runs as a SharedWorker; where there is none, stream.js
// loads it into the page. Messages to the pages: {type: "change", id, data}, {type: "beat"}, {type: "up"},
// {type: "down"}, {type: "reload"} (too much was missed), {type: "login"} (the session is gone).

"use strict";

const KEEP = 1000;
const RETRY_FIRST = 1000;
const RETRY_LAST = 15000;
// The server sends something every 15 s; a connection that is silent for longer is dead even if TCP hasn't noticed.
const SILENCE = 35000;

class AppStream {
  constructor(url, position, tell) {
    this.url = url;
    this.last = position;
    this.tell = tell;
    this.kept = [];
    this.delay = RETRY_FIRST;
    this.up = false;
    this.waitsForLogin = false;
  }

  async run() {
    for (;;) {
      try {
        await this.read();
      } catch {
        // A broken connection is the ordinary case: say so and come back.
      }
      this.setUp(false);
      if (this.waitsForLogin) await new Promise((resolve) => { this.resume = resolve; });
      await new Promise((resolve) => setTimeout(resolve, this.delay * (0.75 + Math.random() / 2)));
      this.delay = Math.min(this.delay * 2, RETRY_LAST);
    }
  }

  setUp(up) {
    if (this.up !== up) this.tell({ type: up ? "up" : "down" });
    this.up = up;
  }

  /** After a new login. */
  wake() {
    this.waitsForLogin = false;
    this.delay = RETRY_FIRST;
    this.resume?.();
  }

  async read() {
    const stop = new AbortController();
    let silence = setTimeout(() => stop.abort(), SILENCE);
    const url = new URL(this.url, self.location.href);
    if (this.last) url.searchParams.set("after", this.last);
    try {
      const answer = await fetch(url, { headers: { Accept: "text/event-stream" }, cache: "no-store", redirect: "manual", signal: stop.signal });
      if (answer.status === 401 || answer.status === 403 || answer.type === "opaqueredirect") return this.needsLogin();
      if (!answer.ok || !answer.body) throw new Error(`status ${answer.status}`);
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return undefined;
        clearTimeout(silence);
        silence = setTimeout(() => stop.abort(), SILENCE);
        this.setUp(true);
        this.delay = RETRY_FIRST;
        this.tell({ type: "beat" });
        text += value.replaceAll("\r\n", "\n");
        let end;
        while ((end = text.indexOf("\n\n")) >= 0) {
          this.take(text.slice(0, end));
          text = text.slice(end + 2);
        }
      }
    } finally {
      clearTimeout(silence);
      stop.abort();
    }
  }

  needsLogin() {
    this.waitsForLogin = true;
    this.tell({ type: "login" });
  }

  /** One block of the stream: lines `id:`, `event:`, `data:`; a line that begins with a colon is a heartbeat. */
  take(block) {
    let name = "message";
    const data = [];
    for (const line of block.split("\n")) {
      const [, field, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
      if (field === "id") this.last = value;
      else if (field === "event") name = value;
      else if (field === "data") data.push(value);
    }
    if (name === "login") this.needsLogin();
    else if (name === "reload") this.tell({ type: "reload" });
    else if (name === "change") {
      const message = { type: "change", id: this.last, data: JSON.parse(data.join("\n") || "{}") };
      this.kept.push(message);
      if (this.kept.length > KEEP) this.kept.shift();
      this.tell(message);
    }
  }

  /** What a page that was rendered at `position` has missed while it loaded; undefined when that isn't known. */
  since(position) {
    if (!this.kept.length) return [];
    if (Number(this.kept[0].id) > Number(position) + 1 && this.kept.length === KEEP) return undefined;
    return this.kept.filter((message) => Number(message.id) > Number(position));
  }
}

if (typeof SharedWorkerGlobalScope !== "undefined" && self instanceof SharedWorkerGlobalScope) {
  const ports = new Set();
  let stream;
  self.onconnect = ({ ports: [port] }) => {
    port.onmessage = ({ data }) => {
      if (data.type === "open") {
        if (!stream) {
          stream = new AppStream(data.url, data.position, (message) => ports.forEach((other) => other.postMessage(message)));
          ports.add(port);
          stream.run();
          return;
        }
        const missed = data.position ? stream.since(data.position) : [];
        ports.add(port);
        if (missed === undefined) port.postMessage({ type: "reload" });
        else missed.forEach((message) => port.postMessage(message));
        port.postMessage({ type: stream.up ? "up" : "down" });
        if (stream.waitsForLogin) stream.wake();
      } else if (data.type === "wake") stream?.wake();
      else if (data.type === "close") ports.delete(port);
    };
    port.start();
  };
} else {
  globalThis.AppStream = AppStream;
}
