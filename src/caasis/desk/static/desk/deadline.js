// The deadline clock of the workspace: answers by button, and the explanation that stays open while one types.
//
// Without scripts the same buttons post the card as a draft with the answer in it.

import { type } from "./workspace.js";

const clock = document.getElementById("clock");
const questions = document.getElementById("questions");

const spoken = document.createElement("p");
spoken.className = "app-vh";
spoken.setAttribute("role", "status");
document.body.append(spoken);

// --- answers ---------------------------------------------------------------------------------------------------------

let answered = null;

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-answer]");
  if (!button) return;
  event.preventDefault();
  // The question goes away when the clock comes back: focus moves to the next one of the same block.
  answered = questions?.contains(button) ? questions : clock;
  type(button.dataset.answer, button.dataset.answerValue);
  const label = document.querySelector(`label[for="${CSS.escape(button.dataset.answer)}"]`)?.textContent.trim() || "カード";
  spoken.textContent = `${label}に「${button.dataset.answerWords}」を入れました。`;
});

function focusNext(part) {
  if (answered !== part || (document.activeElement !== document.body && document.activeElement !== null)) return;
  answered = null;
  const next = part.querySelector("[data-answer], .app-right__asks .app-as__act:not([hidden]), .app-list .app-as__act:not([hidden])");
  (next ?? part.querySelector("summary"))?.focus({ preventScroll: true });
}

// --- the explanation stays as it was ---------------------------------------------------------------------------------

let open = false;
clock?.addEventListener("toggle", (event) => {
  if (event.target.matches("[data-rights]")) open = event.target.open;
}, true);

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target !== clock) return;
  const rights = clock.querySelector("[data-rights]");
  if (rights && open) rights.open = true;
  focusNext(clock);
});
document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.detail.target === questions) focusNext(questions);
});
