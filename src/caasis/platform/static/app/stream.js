// The page's end of the event stream (see stream-worker.js): says when the connection is gone, and loads anew what
// changed.
//
// <meta name="app-stream" content="/desk/stream" data-worker="…" data-owner="user" data-position="last position known">
// Every event goes to document as  app:change  with detail {topic, subject, actor, id}. An element with
//   data-refresh-on="cases.received cases.*"   gets the event `refresh` (for hx-trigger="refresh"),
//   data-refresh-subject="ID"                  only for that subject,
//   data-refresh-wait="8000"                   at most once in that many milliseconds,
//   data-refresh-hold                          never by itself: the button [data-refresh-show] in it appears and counts
//                                              (data-text="新しい候補 {n}件を表示").
// An element in which somebody is working (it holds the focus) waits until the focus leaves.

const config = document.querySelector('meta[name="app-stream"]');
const BANNER_AFTER = 20000;
const banner = document.getElementById("app-connection");
let lastBeat = Date.now();
let bannerShown = false;

const clock = (instant) => new Date(instant).toLocaleTimeString("ja-JP", { hour12: false, hour: "numeric", minute: "2-digit" });

function watch() {
  const silent = Date.now() - lastBeat > BANNER_AFTER;
  if (silent === bannerShown || !banner) return;
  bannerShown = silent;
  document.documentElement.toggleAttribute("data-disconnected", silent);
  banner.textContent = silent ? `つながりが切れています。画面は${clock(lastBeat)}のものです。つなぎ直しています。` : "";
}

function matches(element, topic, subject) {
  const wanted = element.dataset.refreshSubject;
  if (wanted && wanted !== subject) return false;
  return element.dataset.refreshOn.split(/\s+/).some((pattern) =>
    pattern === topic || (pattern.endsWith("*") && topic.startsWith(pattern.slice(0, -1))));
}

const state = new WeakMap();

function refresh(element) {
  const own = state.get(element) ?? { last: 0, count: 0 };
  state.set(element, own);
  const show = element.querySelector("[data-refresh-show]");
  if (element.hasAttribute("data-refresh-hold") && show) {
    own.count += 1;
    show.hidden = false;
    show.textContent = (show.dataset.text ?? "新しい内容 {n}件を表示").replace("{n}", own.count);
    return;
  }
  if (own.timer) return;
  const wait = Math.max(150, own.last + Number(element.dataset.refreshWait ?? 0) - Date.now());
  own.timer = setTimeout(() => {
    own.timer = undefined;
    if (element.contains(document.activeElement) && element !== document.activeElement) {
      element.addEventListener("focusout", () => setTimeout(() => refresh(element)), { once: true });
      return;
    }
    load(element, own);
  }, wait);
}

function load(element, own) {
  own.last = Date.now();
  own.count = 0;
  if (element.isConnected) window.htmx?.trigger(element, "refresh");
}

document.addEventListener("click", (event) => {
  const show = event.target.closest?.("[data-refresh-show]");
  const element = show?.closest("[data-refresh-on]");
  if (!element) return;
  show.hidden = true;
  load(element, state.get(element) ?? { last: 0, count: 0 });
});

function take(message) {
  if (message.type === "change" || message.type === "beat" || message.type === "up") lastBeat = Date.now();
  if (message.type === "change") {
    const detail = { ...message.data, id: message.id };
    document.dispatchEvent(new CustomEvent("app:change", { detail }));
    for (const element of document.querySelectorAll("[data-refresh-on]")) {
      if (matches(element, detail.topic ?? "", detail.subject ?? "")) refresh(element);
    }
  } else if (message.type === "reload") {
    for (const element of document.querySelectorAll("[data-refresh-on]")) refresh(element);
    document.dispatchEvent(new CustomEvent("app:change-missed"));
  } else if (message.type === "login") {
    document.dispatchEvent(new CustomEvent("app:session-expired"));
  }
  watch();
}

async function start() {
  const open = { type: "open", url: config.content, position: config.dataset.position || "" };
  let send;
  if (typeof SharedWorker !== "undefined") {
    // Another person at the same browser gets another worker, and with it no event of the one before.
    const worker = new SharedWorker(config.dataset.worker, { name: `stream-${config.dataset.owner}` });
    worker.port.onmessage = ({ data }) => take(data);
    send = (message) => worker.port.postMessage(message);
    window.addEventListener("pagehide", () => send({ type: "close" }));
    window.addEventListener("pageshow", (event) => event.persisted && send(open));
    send(open);
  } else {
    await import(config.dataset.worker);
    const stream = new globalThis.AppStream(open.url, open.position, take);
    stream.run();
    send = (message) => message.type === "wake" && stream.wake();
  }
  document.addEventListener("app:session-restored", () => send({ type: "wake" }));
  setInterval(watch, 1000);
}

if (config) start();
