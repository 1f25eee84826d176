// The counsellor's workspace. Everything here is a bonus: each button also works as an ordinary submit of the one form.
//
// Order: numbering of saves · setting a field · candidates · quotes · clock · after a save · composers · timeline ·
// who else is looking · small things. Nothing is stored on the terminal.

import { csrfToken } from "./session-token.js";
import "./memo-pad.js";

const card = document.getElementById("card");
const field = (name) => card?.elements.namedItem(name);

// --- numbering of saves: a late request never overwrites a later one -------------------------------------------------

const number = field("draft_version");
function nextNumber() {
  if (number) number.value = String(Math.max(Date.now(), Number(number.value) + 1));
}
for (const type of ["input", "change"]) document.addEventListener(type, nextNumber, true);

// --- setting a field from outside of it ------------------------------------------------------------------------------

/** Types a value into a field of the card as a person would: counted, saved as a draft, seen by the clock. */
export function type(name, value) {
  const target = field(name);
  if (!target) return;
  if (target instanceof RadioNodeList || (target instanceof HTMLInputElement && target.type === "checkbox")) {
    const chosen = String(value).split(",");
    const boxes = target instanceof RadioNodeList ? [...target] : [target];
    for (const box of boxes) box.checked = chosen.includes(box.value);
    boxes[0].dispatchEvent(new Event("change", { bubbles: true }));
    return;
  }
  target.value = value;
  target.dispatchEvent(new Event("input", { bubbles: true }));
  target.dispatchEvent(new Event("change", { bubbles: true }));
}

function valueOf(name) {
  const target = field(name);
  if (target instanceof RadioNodeList) return [...target].filter((box) => box.checked).map((box) => box.value).join(",");
  if (target instanceof HTMLInputElement && target.type === "checkbox") return target.checked ? target.value : "";
  return target?.value ?? "";
}

/** Adds a sentence at the end of a text field, on a line of its own. */
function quote(name, text) {
  const target = field(name);
  if (!(target instanceof HTMLTextAreaElement)) return;
  type(name, target.value.trim() ? `${target.value.trimEnd()}\n${text}` : text);
  target.scrollIntoView({ block: "nearest" });
}

// --- candidates: pencil to ink and back ------------------------------------------------------------------------------

const before = new Map();

document.addEventListener("click", (event) => {
  const act = event.target.closest?.(".app-cand__act");
  const line = act?.closest("[data-cand]");
  if (!line) return;
  event.preventDefault();
  const name = line.dataset.cand;
  const adopted = line.classList.contains("app-cand--done");
  if (adopted) {
    type(name, before.get(name) ?? "");
  } else {
    before.set(name, valueOf(name));
    type(name, line.dataset.value);
  }
  draw(line, !adopted);
}, true);

/** One line in the other state; the words are the server's, only their order changes. */
function draw(line, adopted) {
  line.classList.toggle("app-cand--done", adopted);
  const tag = line.querySelector(".app-cand__tag");
  tag.textContent = adopted ? "✓採用" : "候補";
  let shown = line.querySelector(".app-cand__val");
  if (!shown) {
    shown = document.createElement("span");
    shown.className = "app-cand__val";
    shown.textContent = line.dataset.shown ?? line.dataset.value;
    tag.after(shown);
  }
  shown.hidden = adopted;
  const act = line.querySelector(".app-cand__act");
  const kept = [...act.children].filter((part) => part.matches("kbd, .app-vh"));
  act.replaceChildren(adopted ? "戻す" : "採用", ...kept);
  for (const kbd of act.querySelectorAll("kbd")) kbd.hidden = adopted;
  if (adopted) {
    act.dataset.adoptKey = act.dataset.key ?? "";
    delete act.dataset.key;
  } else {
    act.dataset.key = act.dataset.adoptKey || "Alt+1";
  }
}

// --- quotes: a message into the summary, an article into the handling, a question into the memo ----------------------

function showMemoButtons() {
  for (const button of document.querySelectorAll("[data-quote], [data-quote-text]")) button.hidden = false;
  for (const button of document.querySelectorAll("[data-memo]")) button.hidden = !document.querySelector("memo-pad");
}
showMemoButtons();

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-quote], [data-quote-text], [data-memo]");
  if (!button) return;
  if (button.dataset.memo) document.querySelector("memo-pad")?.add(button.dataset.memo);
  else if (button.dataset.quoteText) quote(button.dataset.quoteTo, button.dataset.quoteText);
  else quote("summary", document.querySelector(`#${button.dataset.quote} .app-utt__text`)?.innerText.trim() ?? "");
});
document.addEventListener("app:memo-quote", (event) => quote("summary", event.detail));

// --- the clock, as one types -----------------------------------------------------------------------------------------

const clock = document.getElementById("clock");
const counted = new Set((clock?.getAttribute("hx-params") ?? "").split(","));
let clockTimer;

document.addEventListener("input", (event) => {
  if (!counted.has(event.target.name)) return;
  clearTimeout(clockTimer);
  clockTimer = setTimeout(() => window.htmx?.trigger(clock, "clock-changed"), 400);
});
document.addEventListener("htmx:oobAfterSwap", showMemoButtons);

// --- what a colleague would notice, and mending it -------------------------------------------------------------------

const hints = document.getElementById("hints");
const similar = document.getElementById("similar");
const alike = new Set(["title", "summary", "product", "product_text", "business_name", "business_phone", "consumer_phone"]);
let hintTimer;
let similarTimer;

// Without a connection nobody is asked; what was typed is kept, and the next stroke asks again.
const ask = (part, name) => navigator.onLine && window.htmx?.trigger(part, name);
if (similar) setTimeout(() => ask(similar, "similar-changed"), 300);

for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    if (!hints || event.target.form !== card || event.target.type === "hidden") return;
    clearTimeout(hintTimer);
    hintTimer = setTimeout(() => ask(hints, "hints-changed"), 700);
    if (!similar || !alike.has(event.target.name)) return;
    clearTimeout(similarTimer);
    similarTimer = setTimeout(() => ask(similar, "similar-changed"), 1500);
  });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-mend]");
  if (!button) return;
  event.preventDefault();
  const values = Object.entries(JSON.parse(button.dataset.mend));
  const old = values.map(([name]) => [name, valueOf(name)]);
  for (const [name, value] of values) type(name, value);
  document.dispatchEvent(new CustomEvent("app:undo", {
    detail: { message: `「${button.textContent.trim()}」を入れました。`, undo: () => old.forEach(([name, value]) => type(name, value)) },
  }));
});
document.addEventListener("htmx:afterSwap", showMemoButtons);

// --- after a save ----------------------------------------------------------------------------------------------------

const errors = document.getElementById("page-errors");
let sent = new Map();

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.closest?.("#save-button, .app-cmp, [data-saves-card]") && card) {
    sent = new Map([...new FormData(card)].filter(([, value]) => typeof value === "string"));
    say("saving", "保存中");
  }
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.failed && event.detail.xhr?.status === 0) say("offline", "通信できません。画面を閉じないでください。");
});

function say(state, words) {
  const place = document.getElementById("save-state");
  if (!place) return;
  place.dataset.state = state;
  place.querySelector("[data-text]").textContent = words;
}

errors?.addEventListener("htmx:afterSwap", () => {
  const over = document.getElementById("taken-over");
  if (over) {
    for (const [name, value] of Object.entries(JSON.parse(over.textContent))) {
      // Only what nobody has touched since is filled in with the colleague's value.
      if (valueOf(name) === (sent.get(name) ?? "")) type(name, Array.isArray(value) ? value.join(",") : value);
    }
    over.remove();
  }
  for (const part of errors.querySelectorAll("template[data-error-of]")) showError(part.dataset.errorOf, part.content);
  const saved = errors.querySelector("[data-saved-at]");
  if (saved) {
    say("saved", saved.dataset.changed === "true" ? `保存しました（${saved.dataset.savedAt}）` : "変わったところはありません");
    const heading = document.querySelector("[data-h1]");
    if (heading) heading.textContent = saved.dataset.title;
    for (const mark of document.querySelectorAll("[data-need]")) {
      mark.hidden = !document.querySelector(`#remaining a[href="#${CSS.escape(mark.dataset.need)}"]`) && valueOf(mark.dataset.need) !== "";
    }
    document.getElementById("news")?.replaceChildren();
  } else if (errors.childElementCount) {
    say("stopped", "保存は止まっています。入力は残っています。");
    errors.querySelector("[data-focus]")?.focus();
  }
});

function showError(name, content) {
  const place = document.getElementById(`${name}-error`);
  const words = content.querySelector(".app-field__err");
  const wrong = Boolean(words?.childElementCount);
  if (place) {
    place.hidden = !wrong;
    place.replaceChildren(...(words ? [...words.cloneNode(true).childNodes] : []));
  }
  const target = document.getElementById(name);
  if (!target?.matches("input, select, textarea")) return;
  if (wrong) {
    target.setAttribute("aria-invalid", "true");
    target.setAttribute("aria-describedby", `${name}-error`);
    target.closest("details")?.setAttribute("open", "");
  } else if (target.getAttribute("aria-invalid")) {
    target.removeAttribute("aria-invalid");
    target.removeAttribute("aria-describedby");
  }
}

// --- composers: Ctrl+Enter sends, Enter is a new line ----------------------------------------------------------------

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.key !== "Enter") return;
  const send = event.target.dataset?.send;
  if (send && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    document.getElementById(send)?.click();
  } else if (event.target instanceof HTMLInputElement && event.target.form === card && card && !event.target.matches("[type=submit]")) {
    // A single line ends with Tab; Enter would send the whole card by accident.
    event.preventDefault();
  }
});

// --- timeline filter -------------------------------------------------------------------------------------------------

let kind = "";
function filterTimeline() {
  for (const part of document.querySelectorAll("#timeline [data-tl-group]")) part.hidden = Boolean(kind) && part.dataset.tlGroup !== kind;
  for (const button of document.querySelectorAll("#timeline [data-tl]")) button.setAttribute("aria-pressed", String(button.dataset.tl === kind));
}
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-tl]");
  if (!button) return;
  kind = button.dataset.tl;
  filterTimeline();
});
document.getElementById("timeline")?.addEventListener("htmx:afterSwap", filterTimeline);

// --- who else is looking ---------------------------------------------------------------------------------------------

const presence = document.getElementById("presence");

async function beat(leaving = false) {
  if (!presence || (document.hidden && !leaving)) return;
  const autosave = document.querySelector("app-autosave");
  const body = new URLSearchParams({ editing: autosave?.dirty || document.activeElement?.form === card ? "1" : "0" });
  if (leaving) body.set("leaving", "1");
  try {
    const answer = await fetch(presence.dataset.url, {
      method: "POST", body, keepalive: leaving, headers: { "X-CSRFToken": csrfToken(), "X-Requested-With": "autosave" },
    });
    if (!leaving && answer.ok) presence.innerHTML = await answer.text();
  } catch {
    // Without a connection nobody is shown; the banner says so already.
  }
}
if (presence) {
  beat();
  setInterval(beat, Number(presence.dataset.every || 20) * 1000);
  document.addEventListener("visibilitychange", () => beat());
  window.addEventListener("pagehide", () => beat(true));
}

// --- small things ----------------------------------------------------------------------------------------------------

/** A link to a field inside 「くわしい項目」 opens it first. */
function reveal(hash) {
  const target = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
  if (!target) return;
  target.closest("details:not(.app-verbs)")?.setAttribute("open", "");
  const control = target.matches("input, select, textarea") ? target : target.querySelector("input, select, textarea");
  control?.focus();
}
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#"]');
  if (link && link.hash !== "#main") setTimeout(() => reveal(link.hash));
});
if (location.hash) reveal(location.hash);
if (document.querySelector('#more-fields [aria-invalid="true"]')) document.getElementById("more-fields").open = true;

document.addEventListener("click", (event) => {
  const menu = document.querySelector(".app-verbs[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector(".app-verbs[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

document.addEventListener("change", async (event) => {
  if (event.target.name !== "prefecture_code") return;
  const places = document.getElementById("municipality_code");
  const answer = places && await fetch(`/desk/places?prefecture_code=${encodeURIComponent(event.target.value)}`).catch(() => null);
  if (answer?.ok) places.innerHTML = await answer.text();
});

// What was undone changes the whole page: it is loaded again, after the typing is safe.
document.addEventListener("app:undone", async () => {
  await document.querySelector("app-autosave")?.flush(true);
  const then = document.querySelector("[data-after-undo]")?.dataset.afterUndo;
  setTimeout(() => (then ? location.assign(then) : location.reload()), 300);
});
