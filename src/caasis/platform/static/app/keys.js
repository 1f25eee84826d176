// Few keys, all of them listed by 「?」, all of them remappable.
//
// An element names its key: data-key="Ctrl+S"; pressing it clicks a button or a link and focuses an input. data-key-id
// is the name under which a user's setting changes or removes it (<meta name="app-keys" content='{"register": ""}'>),
// data-key-label its words when its own text isn't enough. With the same key several times, the one in the
// [data-key-scope] around the focus wins, else the first that is visible. While Japanese is being converted, and in a
// dialog for what lies outside of it, no key works.
// Built in: ? list of keys · Ctrl+K palette · F6 and Shift+F6 to the next and previous [data-pane].

import { csrfToken } from "./session.js";

const settings = (() => {
  try {
    return JSON.parse(document.querySelector('meta[name="app-keys"]')?.content ?? "{}");
  } catch {
    return {};
  }
})();
const BUILT_IN = [
  { id: "help", key: "?", label: "キーの一覧", run: help },
  { id: "palette", key: "Ctrl+K", label: "さがす・する", run: palette },
  { id: "pane-next", key: "F6", label: "次の区画へ", run: () => pane(1) },
  { id: "pane-previous", key: "Shift+F6", label: "前の区画へ", run: () => pane(-1) },
];

/** "Ctrl+Shift+S" for a keyboard event; a digit row counts by place, because Alt changes its letters. */
function chord(event) {
  const digit = /^Digit(\d)$/.exec(event.code);
  const key = digit && (event.altKey || event.ctrlKey) ? digit[1] : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const shift = event.shiftKey && !(event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey);
  return [(event.ctrlKey || event.metaKey) && "Ctrl", event.altKey && "Alt", shift && "Shift", key].filter(Boolean).join("+");
}

const keyOf = (element) => settings[element.dataset.keyId] ?? element.dataset.key;
const visible = (element) => element.getClientRects().length > 0;
const editable = (element) => element instanceof HTMLElement
  && (element.isContentEditable || element.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])"));

function words(element) {
  const own = element.dataset.keyLabel ?? element.dataset.command ?? element.getAttribute("aria-label");
  if (own) return own;
  const copy = element.cloneNode(true);
  for (const extra of copy.querySelectorAll("kbd, svg, .app-vh, .app-nav__n")) extra.remove();
  return copy.textContent.trim().replace(/\s+/g, " ");
}

function use(element) {
  if (editable(element)) element.focus();
  else element.click();
}

document.addEventListener("keydown", (event) => {
  // 229 is what some browsers send for the key that ends a conversion.
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
  const pressed = chord(event);
  if (!/^(Ctrl|Alt)\+|^(Shift\+)?F\d+$/.test(pressed) && editable(event.target)) return;
  const modal = document.querySelector("dialog:modal");
  const all = [...(modal ?? document).querySelectorAll("[data-key]")].filter((element) => keyOf(element) === pressed && visible(element));
  const scope = document.activeElement?.closest("[data-key-scope]");
  const found = all.find((element) => scope?.contains(element)) ?? all[0];
  if (found) {
    event.preventDefault();
    use(found);
    return;
  }
  const own = !modal && BUILT_IN.find((entry) => (settings[entry.id] ?? entry.key) === pressed);
  if (own) {
    event.preventDefault();
    own.run();
  }
});

/** Moves the focus to the next region of the screen, and round again. */
function pane(step) {
  const panes = [...document.querySelectorAll("[data-pane]")].filter(visible);
  if (!panes.length) return;
  const at = panes.findIndex((element) => element.contains(document.activeElement));
  const next = panes[at < 0 ? (step > 0 ? 0 : panes.length - 1) : (at + step + panes.length) % panes.length];
  if (!next.hasAttribute("tabindex")) next.tabIndex = -1;
  next.focus();
}

function help() {
  const dialog = document.getElementById("app-keys");
  if (!dialog) return;
  const rows = new Map(BUILT_IN.map((entry) => [settings[entry.id] ?? entry.key, entry.label]));
  for (const element of document.querySelectorAll("[data-key]")) {
    const key = keyOf(element);
    if (key && visible(element) && !rows.has(key)) rows.set(key, words(element));
  }
  rows.delete("");
  dialog.querySelector("dl").replaceChildren(...[...rows].flatMap(([key, label]) => {
    const term = document.createElement("dt");
    term.textContent = label;
    const value = document.createElement("dd");
    const kbd = document.createElement("kbd");
    kbd.textContent = key;
    value.append(kbd);
    return [term, value];
  }));
  dialog.showModal();
}

// --- palette: everything that can be reached or done from here, and whatever the server finds for the words ---
//
// A form with data-quick="URL" is asked with {q} while one types; it answers {groups: [{title, items: [{label, more,
// url}]}]}, an item without an address only tells something. Posted, so that no word stands in an address.

const dialog = document.getElementById("app-palette");
const input = document.getElementById("app-palette-input");
const list = document.getElementById("app-palette-list");
const state = document.getElementById("app-palette-state");
const QUICK_WAIT = 250;
let entries = [];
let found = [];
let selected = -1;
let asking = null;
let timer = 0;

function palette() {
  if (!dialog || dialog.open) return;
  const seen = new Set();
  entries = [...document.querySelectorAll("[data-command], [data-key]:not(input, textarea, select), #app-menu a")]
    .map((element) => ({ label: words(element), key: element.dataset.key ? keyOf(element) : "", run: () => use(element), element }))
    .filter(({ element, label }) => label && !seen.has(label) && seen.add(label) && (visible(element) || element.closest("#app-menu")));
  input.value = "";
  forget();
  draw();
  dialog.showModal();
  input.focus();
}

/** What was found before belongs to other words. */
function forget() {
  clearTimeout(timer);
  asking?.abort();
  asking = null;
  found = [];
  tell("");
}

function tell(text) {
  if (state) state.textContent = text;
}

/** Asks the server once the typing rests; an answer that comes too late is dropped. */
function ask() {
  forget();
  const text = input.value.trim();
  const url = input.form.dataset.quick;
  if (!url || text.length < 2) return;
  timer = setTimeout(async () => {
    const request = new AbortController();
    asking = request;
    tell("さがしています…");
    try {
      const answer = await fetch(url, {
        method: "POST",
        signal: request.signal,
        headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" },
        body: new URLSearchParams({ q: text }),
      });
      if (answer.status === 401) document.dispatchEvent(new CustomEvent("app:session-expired"));
      if (!answer.ok) throw new Error(answer.status);
      const { groups } = await answer.json();
      if (asking !== request) return;
      found = groups;
      draw();
      const count = groups.reduce((sum, { items }) => sum + items.filter((item) => item.url).length, 0);
      tell(count ? `${count}件の候補があります。` : "候補はありません。Enterで相談をさがします。");
    } catch (error) {
      if (error.name !== "AbortError") tell("いまは候補を出せません。Enterで相談をさがします。");
    }
  }, QUICK_WAIT);
}

function draw() {
  const text = input.value.normalize("NFKC").trim().toLowerCase();
  const shown = entries.filter(({ label }) => label.normalize("NFKC").toLowerCase().includes(text));
  const parts = [];
  if (shown.length) parts.push(group(found.length ? "画面・操作" : "", shown));
  for (const { title, items } of found) {
    parts.push(group(title, items.map(({ label, more, url }) => ({ label, more, run: url ? () => location.assign(url) : null }))));
  }
  list.replaceChildren(...parts);
  options().forEach((item, index) => { item.id = `app-palette-${index}`; });
  // Words are for searching: without a screen of that name nothing is chosen, and Enter searches.
  selected = text && shown.length ? 0 : -1;
  mark();
}

const options = () => [...list.querySelectorAll("[role=option]:not([aria-disabled])")];

function group(title, items) {
  const box = document.createElement("div");
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", title || "画面・操作");
  if (title) {
    const head = document.createElement("p");
    head.className = "app-palette__group";
    head.setAttribute("aria-hidden", "true");
    head.textContent = title;
    box.append(head);
  }
  box.append(...items.map(option));
  return box;
}

function option({ label, more, key, run }) {
  const item = document.createElement("div");
  item.className = "app-palette__item";
  item.setAttribute("role", "option");
  const text = document.createElement("span");
  text.textContent = label;
  item.append(text);
  if (more) {
    const beside = document.createElement("span");
    beside.className = "app-palette__more";
    beside.textContent = more;
    item.append(beside);
  }
  if (key) {
    const kbd = document.createElement("kbd");
    kbd.textContent = key;
    item.append(kbd);
  }
  if (run) {
    item.addEventListener("click", () => {
      dialog.close();
      run();
    });
  } else {
    item.setAttribute("aria-disabled", "true");
  }
  return item;
}

function mark() {
  const all = options();
  all.forEach((item, index) => item.setAttribute("aria-selected", String(index === selected)));
  input.setAttribute("aria-expanded", String(all.length > 0));
  if (selected < 0) input.removeAttribute("aria-activedescendant");
  else input.setAttribute("aria-activedescendant", `app-palette-${selected}`);
  all[selected]?.scrollIntoView({ block: "nearest" });
}

if (dialog && input && list) {
  input.addEventListener("input", () => {
    ask();
    draw();
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const count = options().length;
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (count) selected = selected < 0 && step < 0 ? count - 1 : (selected + step + count) % count;
      mark();
    } else if (event.key === "Enter" && selected >= 0) {
      event.preventDefault();
      options()[selected]?.click();
    } else if (event.key === "Enter" && !input.form.hasAttribute("action")) {
      event.preventDefault();
    }
  });
  dialog.addEventListener("close", forget);
}

// Who can't see the hint hears it.
function announce(root) {
  for (const element of root.querySelectorAll?.("[data-key]") ?? []) {
    const key = keyOf(element);
    if (key) element.setAttribute("aria-keyshortcuts", key.replace("Ctrl", "Control"));
  }
}
announce(document);
document.addEventListener("htmx:load", (event) => announce(event.detail.elt.parentElement ?? document));
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-open-keys]")) help();
  if (event.target.closest?.("[data-open-palette]")) palette();
});
