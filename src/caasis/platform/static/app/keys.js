// Few keys, all of them listed by 「?」, all of them remappable.
//
// An element names its key: data-key="Ctrl+S"; pressing it clicks a button or a link and focuses an input. data-key-id
// is the name under which a user's setting changes or removes it (<meta name="app-keys" content='{"register": ""}'>),
// data-key-label its words when its own text isn't enough. With the same key several times, the one in the
// [data-key-scope] around the focus wins, else the first that is visible. While Japanese is being converted, and in a
// dialog for what lies outside of it, no key works.
// Built in: ? list of keys · Ctrl+K palette · F6 and Shift+F6 to the next and previous [data-pane].

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

// --- palette: everything that can be reached or done from here, and a search for the rest ---

const dialog = document.getElementById("app-palette");
const input = document.getElementById("app-palette-input");
const list = document.getElementById("app-palette-list");
let entries = [];
let selected = -1;

function palette() {
  if (!dialog || dialog.open) return;
  const seen = new Set();
  entries = [...document.querySelectorAll("[data-command], [data-key]:not(input, textarea, select), #app-menu a")]
    .map((element) => ({ element, label: words(element), key: element.dataset.key ? keyOf(element) : "" }))
    .filter(({ element, label }) => label && !seen.has(label) && seen.add(label) && (visible(element) || element.closest("#app-menu")));
  input.value = "";
  draw();
  dialog.showModal();
  input.focus();
}

function draw() {
  const text = input.value.normalize("NFKC").trim().toLowerCase();
  const shown = entries.filter(({ label }) => label.normalize("NFKC").toLowerCase().includes(text));
  selected = text && shown.length ? 0 : -1;
  list.replaceChildren(...shown.map(({ label, key, element }, index) => {
    const item = document.createElement("div");
    item.className = "app-palette__item";
    item.id = `app-palette-${index}`;
    item.setAttribute("role", "option");
    item.append(label);
    if (key) {
      const kbd = document.createElement("kbd");
      kbd.textContent = key;
      item.append(kbd);
    }
    item.addEventListener("click", () => run(element));
    return item;
  }));
  mark();
}

function mark() {
  [...list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === selected)));
  if (selected < 0) input.removeAttribute("aria-activedescendant");
  else input.setAttribute("aria-activedescendant", `app-palette-${selected}`);
  list.children[selected]?.scrollIntoView({ block: "nearest" });
}

function run(element) {
  dialog.close();
  use(element);
}

if (dialog && input && list) {
  input.addEventListener("input", draw);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const count = list.children.length;
      if (count) selected = (selected + (event.key === "ArrowDown" ? 1 : -1) + count) % count;
      mark();
    } else if (event.key === "Enter" && selected >= 0) {
      event.preventDefault();
      list.children[selected]?.click();
    } else if (event.key === "Enter" && !input.form.hasAttribute("action")) {
      event.preventDefault();
    }
  });
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
