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
