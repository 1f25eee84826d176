// Adding files: they may also be dropped onto the form or pasted (a screenshot). Without this file they are chosen.

const form = document.querySelector("form[data-drop]");
const input = form?.querySelector('input[type="file"]');

/** The given files join those that were chosen already. */
function add(files) {
  const joined = new DataTransfer();
  for (const file of [...input.files, ...files]) joined.items.add(file);
  input.files = joined.files;
  input.focus();
}

if (form && input) {
  for (const name of ["dragenter", "dragover"]) {
    form.addEventListener(name, (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      form.classList.add("is-over");
    });
  }
  form.addEventListener("dragleave", (event) => {
    if (!form.contains(event.relatedTarget)) form.classList.remove("is-over");
  });
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("is-over");
    add(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    add(event.clipboardData.files);
  });
}

// After 「元に戻す」 the list shows what is there now.
document.addEventListener("app:undone", () => {
  const then = document.querySelector("[data-after-undo]")?.dataset.afterUndo;
  if (then) location.assign(then);
});
