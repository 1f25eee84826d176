// The session behind the page: the CSRF token for every request, and logging in again without leaving the page.
//
// Events on document: `app:session-expired` (sent by whoever meets a 401), `app:session-restored` (sent from here; who
// has something to send tries again). Nothing is stored on the terminal.

const meta = document.querySelector('meta[name="app-csrf"]');

/** The current token: from the cookie, because a login in another tab makes a new one, else as the page was loaded with. */
export function csrfToken() {
  const name = meta?.dataset.cookie;
  const cookie = name && document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return cookie ? decodeURIComponent(cookie.slice(name.length + 1)) : (meta?.content ?? "");
}

/** Gives the new token to the forms of the page, so that an ordinary submit works too. */
function renewForms() {
  for (const input of document.querySelectorAll('input[name="csrfmiddlewaretoken"]')) input.value = csrfToken();
}

function restored() {
  renewForms();
  document.getElementById("app-session")?.close();
  document.dispatchEvent(new CustomEvent("app:session-restored"));
}

/** Asks the server whether there is a session again; says so in the dialog when there is none. */
async function check(quietly) {
  const dialog = document.getElementById("app-session");
  const note = dialog?.querySelector("[data-session-note]");
  try {
    const answer = await fetch(location.href, { method: "HEAD", redirect: "manual", cache: "no-store" });
    if (answer.ok) return restored();
    if (!quietly && note) note.textContent = "まだログインしていません。新しいタブでログインしてください。";
  } catch {
    if (!quietly && note) note.textContent = "通信できません。つながってから、もう一度お試しください。";
  }
}

document.addEventListener("app:session-expired", () => {
  const dialog = document.getElementById("app-session");
  if (dialog && !dialog.open) {
    dialog.querySelector("[data-session-note]").textContent = "";
    dialog.showModal();
  }
});
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-session-retry]")) check(false);
});
// Coming back from the tab with the login.
window.addEventListener("focus", () => {
  if (document.getElementById("app-session")?.open) check(true);
});

// htmx: the token on every request that changes something, and the same answer to a lost session.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = csrfToken();
});
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status === 401) document.dispatchEvent(new CustomEvent("app:session-expired"));
});

// htmx notes the current address, search words included, in the session storage; it needs it only for the pages that it
// would keep, and it keeps none (historyCacheSize 0). Nothing stays on the terminal (F132).
function forget() {
  try {
    sessionStorage.removeItem("htmx-current-path-for-history");
  } catch {
    // No storage, nothing to forget.
  }
}
forget();
for (const name of ["htmx:pushedIntoHistory", "htmx:replacedInHistory"]) document.addEventListener(name, () => queueMicrotask(forget));
