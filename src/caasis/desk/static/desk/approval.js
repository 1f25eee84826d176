// Approval: a phrase goes into the reason, 承認する stays closed until every flagged check is confirmed.
const form = document.querySelector("[data-approval]");
if (form) {
  const reason = form.querySelector("#reason");
  for (const button of form.querySelectorAll("[data-phrase]")) {
    button.addEventListener("click", () => {
      const text = reason.value.trim();
      reason.value = text ? `${text}\n${button.textContent}` : button.textContent;
      reason.focus();
    });
  }
  const approve = document.querySelector("[data-approve]");
  const checks = [...form.querySelectorAll("[data-check]")];
  const remain = document.querySelector(".app-remain");
  const show = () => {
    const left = checks.filter((check) => !check.checked).length;
    if (approve) approve.toggleAttribute("aria-disabled", left > 0);
    if (approve && left > 0) approve.setAttribute("aria-disabled", "true");
    if (remain) {
      remain.hidden = left === 0;
      const words = remain.querySelector("b");
      if (words) words.textContent = `指摘${left}件を確かめてから承認します`;
    }
  };
  for (const check of checks) check.addEventListener("change", show);
  show();
}

// The list: how many are chosen, and all off at once. The paper: a button that prints.
const chooser = document.querySelector("[data-choose]");
if (chooser) {
  const boxes = [...chooser.querySelectorAll('input[name="approval"], input[name="case"]')];
  const words = chooser.querySelector("[data-chosen]");
  const none = chooser.querySelector("[data-choose-none]");
  const count = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    if (words) words.textContent = chosen ? `${chosen}件を選んでいます` : "選んでいません";
    if (none) none.hidden = chosen === 0;
  };
  for (const box of boxes) box.addEventListener("change", count);
  none?.addEventListener("click", () => {
    for (const box of boxes) box.checked = false;
    count();
    boxes[0]?.focus();
  });
  count();
}
const print = document.querySelector("[data-print]");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}
