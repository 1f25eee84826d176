// Notice letters: a changed text is kept nowhere, so leaving the page with one asks first.

const form = document.querySelector("form[data-letters]");
let changed = false;

form?.addEventListener("input", () => { changed = true; });
form?.addEventListener("submit", (event) => {
  // The text goes into the file that the button makes.
  changed = false;
  // The answer is a file and the page stays: the form is not "sent", and the next button must work.
  setTimeout(() => {
    delete form.dataset.sent;
    event.submitter?.removeAttribute("aria-busy");
  });
});
window.addEventListener("beforeunload", (event) => {
  if (changed) event.preventDefault();
});
