// What every form gets beyond HTML: focus on the error summary, a count of characters, one submit for two clicks, and
// buttons that are closed but can say why. All of it is a bonus: without this file the forms work.

/** Focus goes to the summary of errors, after a page load and after htmx brought one in. */
function focusSummary(root) {
  const found = root.matches?.("[data-focus]") ? root : root.querySelector?.("[data-focus]");
  found?.focus();
}
focusSummary(document);
document.addEventListener("htmx:load", (event) => focusSummary(event.detail.elt));

/** Characters as the server counts them: code points, a line break is one. */
const length = (text) => [...text.replaceAll("\r\n", "\n")].length;

function count(field) {
  const note = field.id && document.querySelector(`[data-count-for="${CSS.escape(field.id)}"]`);
  if (!note) return;
  const limit = Number(note.dataset.limit);
  const now = length(field.value);
  note.textContent = now > limit ? `${now}／${limit}字（${now - limit}字多い）` : `${now}／${limit}字`;
  note.dataset.over = String(now > limit);
}
document.addEventListener("input", (event) => {
  if (event.target.matches?.("textarea, input")) count(event.target);
});
function countAll(root) {
  for (const note of root.querySelectorAll("[data-count-for]")) {
    const field = document.getElementById(note.dataset.countFor);
    if (field) count(field);
  }
}
countAll(document);
document.addEventListener("htmx:load", (event) => countAll(event.detail.elt));

// Two clicks are one submit. The button stays focusable; coming back with the browser's button opens it again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "true";
  event.submitter?.setAttribute("aria-busy", "true");
  // The answer is a file, or comes in another tab: this page stays, and its next button must work.
  if ("stays" in form.dataset || (event.submitter?.formTarget || form.target) === "_blank") setTimeout(openAgain, 3000);
});
function openAgain() {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll('button[aria-busy="true"]')) button.removeAttribute("aria-busy");
}
window.addEventListener("pageshow", openAgain);

// A closed button (aria-disabled) stays reachable. Pressing it leads to the first thing that is still missing: the
// element named by data-why, else the first link of the list of remaining items.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.('[aria-disabled="true"]');
  if (!button) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const named = button.dataset.why && document.getElementById(button.dataset.why);
  const link = document.querySelector(".app-remain a[href^='#']");
  const target = named || (link && document.getElementById(link.hash.slice(1)));
  target?.focus();
  target?.scrollIntoView({ block: "center" });
}, true);

// A text in a form of its own, typed and not yet sent, is kept nowhere: leaving the page, or sending another form, asks
// first. Forms that save by themselves look after their own.
// What came back with an error wasn't taken either.
const unsent = (area) =>
  area.form?.method === "post" && !area.form.dataset.sent && !area.closest("app-autosave, memo-pad, [data-letters]") &&
  area.value.trim() !== "" && (area.value !== area.defaultValue || area.getAttribute("aria-invalid") === "true");
// A call or a mail leaves the page where it is, and nobody in need is to be asked anything first.
let calling = 0;
document.addEventListener("click", (event) => {
  if (event.target.closest?.('a[href^="tel:"], a[href^="mailto:"]')) calling = Date.now();
}, true);
window.addEventListener("beforeunload", (event) => {
  if (Date.now() - calling < 1000) return;
  if (![...document.querySelectorAll("textarea")].some(unsent)) return;
  event.preventDefault();
  // The clock stands while the question is open. Whoever is still here some seconds after it has stayed and may press again.
  setTimeout(openAgain, 3000);
});
