// Lists and the queue: loaded anew when something happened, without moving focus or scroll position; a preview beside
// the row that has the focus; how many rows are chosen.
//
// [data-live="topics"]      which events of the stream change this list (patterns as in data-refresh-on; "undo" too)
// [data-live-new="topic"]   which of them bring a new row: those are counted while the list waits
// [data-live-url="…"]       the fragment that goes into [data-live-body]
// While somebody is in the list (focus, pointer, scrolled, rows chosen) it is left alone: [data-live-show] says how
// many new ones there are.

const matches = (patterns, topic) => patterns.split(/\s+/).some((pattern) =>
  pattern === topic || (pattern.endsWith("*") && topic.startsWith(pattern.slice(0, -1))));

class LiveList {
  constructor(root) {
    this.root = root;
    this.body = root.querySelector("[data-live-body]");
    this.show = root.querySelector("[data-live-show]");
    this.fresh = 0;
    this.stale = false;
    this.show?.addEventListener("click", () => this.load(true));
    root.addEventListener("pointermove", () => { this.pointerAt = Date.now(); }, { passive: true });
    root.addEventListener("pointerleave", () => { this.pointerAt = 0; this.later(); });
    root.addEventListener("focusout", () => setTimeout(() => this.later()));
  }

  /** Somebody reads or works here: then nothing moves. */
  get busy() {
    const inside = this.root.contains(document.activeElement);
    const pointer = Date.now() - (this.pointerAt ?? 0) < 4000;
    const scroller = this.root.closest(".app-sheet");
    const scrolled = (scroller?.scrollTop ?? 0) > 8 || window.scrollY > 8;
    return inside || pointer || scrolled || Boolean(this.root.querySelector(".app-check:checked"));
  }

  take(topic) {
    if (!matches(this.root.dataset.live, topic)) return;
    if (matches(this.root.dataset.liveNew ?? "", topic)) this.fresh += 1;
    this.stale = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.settle(), 120);
  }

  settle() {
    if (!this.busy) {
      this.load();
    } else if (this.show && this.fresh) {
      this.show.textContent = this.show.dataset.text.replace("{n}", this.fresh);
      this.show.hidden = false;
      this.tell(`新しい相談が${this.fresh}件届きました。`);
    }
  }

  /** What waited is shown when nobody is in the list any more, unless it announced itself with the button. */
  later() {
    if (this.stale && !this.fresh && !this.busy) this.load();
  }

  async load(asked = false) {
    const count = this.fresh;
    this.fresh = 0;
    this.stale = false;
    let answer;
    try {
      answer = await fetch(this.root.dataset.liveUrl, { headers: { "HX-Request": "true" }, cache: "no-store" });
    } catch {
      this.stale = true;
      return;
    }
    if (answer.status === 401) {
      document.dispatchEvent(new CustomEvent("app:session-expired"));
      return;
    }
    if (!answer.ok) return;
    const html = await answer.text();
    if (!asked && this.busy) {
      // Somebody came while it loaded.
      this.stale = true;
      this.fresh = count;
      this.settle();
      return;
    }
    this.body.innerHTML = html;
    const total = this.body.querySelector("[data-total]")?.dataset.total;
    const shown = document.querySelector("[data-live-total]");
    if (total && shown) shown.textContent = total;
    if (this.show) this.show.hidden = true;
    if (asked) (this.body.querySelector("a") ?? this.body).focus();
    else if (count) this.tell(`新しい相談が${count}件届きました。`);
    choose();
  }

  tell(words) {
    const place = document.querySelector("[data-live-status]");
    if (place) place.textContent = words;
  }
}

const lists = [...document.querySelectorAll("[data-live]")].map((root) => new LiveList(root));
document.addEventListener("app:change", (event) => lists.forEach((list) => list.take(event.detail.topic ?? "")));
document.addEventListener("app:change-missed", () => lists.forEach((list) => { list.stale = true; list.settle(); }));
document.addEventListener("app:undone", () => lists.forEach((list) => list.load(true)));

// --- preview ---------------------------------------------------------------------------------------------------------

const pane = document.getElementById("preview");
let wanted;
let previewTimer;

async function preview(row) {
  if (!pane || !row || row.dataset.preview === wanted || matchMedia("(max-width: 1023px)").matches) return;
  wanted = row.dataset.preview;
  clearTimeout(previewTimer);
  previewTimer = setTimeout(async () => {
    const address = wanted;
    const answer = await fetch(address, { headers: { "HX-Request": "true" }, cache: "no-store" }).catch(() => null);
    if (!answer?.ok || address !== wanted) return;
    pane.innerHTML = await answer.text();
    mark();
  }, 120);
}

function mark() {
  for (const row of document.querySelectorAll("tr[data-row]")) row.classList.toggle("is-cur", row.dataset.preview === wanted);
}
document.addEventListener("focusin", (event) => preview(event.target.closest?.("tr[data-row]")));
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("a, input, button, label")) preview(event.target.closest?.("tr[data-row]"));
});
if (pane) {
  wanted = document.querySelector("tr[data-row]")?.dataset.preview;
  mark();
}

// --- several at once -------------------------------------------------------------------------------------------------

const bulk = document.querySelector("[data-bulk]");

function choose() {
  if (!bulk) return;
  const count = document.querySelectorAll(".app-check:checked").length;
  bulk.hidden = count === 0;
  bulk.querySelector("[data-bulk-count]").textContent = count ? `${count}件を選んでいます` : "";
  bulk.querySelector("[data-bulk-clear]").hidden = count === 0;
}
document.addEventListener("change", (event) => event.target.matches?.(".app-check") && choose());
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-bulk-clear]")) return;
  for (const box of document.querySelectorAll(".app-check:checked")) box.checked = false;
  choose();
});
choose();
