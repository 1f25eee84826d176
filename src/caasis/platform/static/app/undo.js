// Ten seconds to take something back: a toast with 「元に戻す」.
//
// The server asks for it with the header  HX-Trigger: {"app:undo": {"message": "…", "url": "…", "seconds": 10}}  or
// renders  <template data-undo data-message="…" data-url="…" data-seconds="10"></template>. Pressing POSTs to `url`;
// then  app:undone  goes to document, and elements with data-refresh-on="undo" are loaded again. Unless `strict` (the
// server acts when the time is over), the clock rests while the pointer or the focus is on the toast.

import { csrfToken } from "./session.js";

function toast({ message = "", url = "", seconds = 10, strict = false, undo = null }) {
  const place = document.getElementById("app-toasts");
  if (!place || !(url || undo)) return;
  const box = document.createElement("div");
  box.className = "app-toast";
  const text = document.createElement("span");
  text.className = "app-toast__text";
  text.textContent = message;
  const time = document.createElement("span");
  time.className = "app-toast__time";
  time.setAttribute("aria-hidden", "true");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "app-toast__button";
  button.textContent = "元に戻す";
  box.append(text, time, button);
  place.append(box);

  let left = Number(seconds);
  const show = () => { time.textContent = `あと${left}秒`; };
  show();
  const timer = setInterval(() => {
    if (!strict && (box.matches(":hover") || box.contains(document.activeElement))) return;
    left -= 1;
    show();
    if (left <= 0) close();
  }, 1000);
  function close() {
    clearInterval(timer);
    box.remove();
  }

  button.addEventListener("click", async () => {
    button.setAttribute("aria-busy", "true");
    clearInterval(timer);
    let words = "元に戻しました。";
    if (undo) {
      // What happened on this page alone is taken back on this page.
      undo();
      text.textContent = words;
      time.remove();
      button.remove();
      setTimeout(close, 5000);
      return;
    }
    try {
      const answer = await fetch(url, { method: "POST", headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" } });
      if (answer.ok) {
        document.dispatchEvent(new CustomEvent("app:undone", { detail: { url } }));
        for (const element of document.querySelectorAll('[data-refresh-on~="undo"]')) window.htmx?.trigger(element, "refresh");
      } else {
        words = (await answer.json().catch(() => ({}))).message ?? "時間がたったので、元に戻せませんでした。";
      }
    } catch {
      words = "通信できません。もう一度お試しください。";
    }
    text.textContent = words;
    time.remove();
    button.remove();
    setTimeout(close, 5000);
  });
}

document.addEventListener("app:undo", (event) => toast(event.detail ?? {}));
function waiting(root) {
  for (const element of root.querySelectorAll?.("template[data-undo]") ?? []) {
    const { message, url, seconds, strict } = element.dataset;
    toast({ message, url, seconds, strict: strict !== undefined });
    element.remove();
  }
}
waiting(document);
document.addEventListener("htmx:load", (event) => waiting(event.detail.elt.parentElement ?? document));
