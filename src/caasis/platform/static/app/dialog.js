// Dialogs by attributes. [data-dialog-open="ID"] opens a <dialog>, [data-dialog-close] closes the one around it. The
// browser keeps the focus inside and gives it back; Escape closes. [data-dialog-autoopen] opens with the page or when
// htmx brings it in.

document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-dialog-open]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialogOpen);
    if (dialog && !dialog.open) {
      event.preventDefault();
      dialog.showModal();
    }
    return;
  }
  const closer = event.target.closest?.("[data-dialog-close]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog")?.close();
    return;
  }
  // A click beside the dialog closes it, unless it asks for an answer.
  if (event.target instanceof HTMLDialogElement && !event.target.hasAttribute("data-dialog-modal-only")) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside && event.detail > 0) event.target.close();
  }
});

document.addEventListener("cancel", (event) => {
  if (event.target instanceof HTMLDialogElement && event.target.hasAttribute("data-dialog-modal-only")) event.preventDefault();
}, true);

function openWaiting(root) {
  for (const dialog of root.querySelectorAll?.("dialog[data-dialog-autoopen]") ?? []) if (!dialog.open) dialog.showModal();
}
// A dialog that the server opened stands in the page for those without scripts; with them it stands before the page, so
// that nothing half behind it can be hit by mistake.
for (const dialog of document.querySelectorAll("dialog[open]")) {
  dialog.removeAttribute("open");
  dialog.showModal();
}
openWaiting(document);
document.addEventListener("htmx:load", (event) => openWaiting(event.detail.elt.parentElement ?? document));
