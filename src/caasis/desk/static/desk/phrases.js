// 定型文 into the composer and names into a note, at the cursor. Inserted as typing is, so that Ctrl+Z takes it back.
//
// [data-phrase="ID"]   puts the text of that element into the answer      [data-phrase-find]  narrows the list
// [data-mention="…"]   puts 「@name 」 into the note; typing @ opens the names

const answer = document.getElementById("answer_text");
const note = document.getElementById("note_text");
const picker = document.getElementById("phrases");

/** Types a text at the cursor of a text area. */
function insert(area, text) {
  area.focus();
  // execCommand is the only way that keeps the browser's own undo; setRangeText is for browsers without it.
  if (!document.execCommand("insertText", false, text)) {
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-phrase]");
  if (!button || !answer) return;
  event.preventDefault();
  const text = document.getElementById(button.dataset.phrase)?.textContent ?? "";
  const before = answer.value.slice(0, answer.selectionStart);
  insert(answer, before && !before.endsWith("\n") ? `\n\n${text}` : text);
  picker.open = false;
  answer.focus();
  const done = picker.querySelector("[data-phrase-done]");
  if (done) done.textContent = "定型文を入れました。Ctrl+Zで元に戻せます。";
});

// --- finding by typing, moving by arrows ------------------------------------------------------------------------------

const shown = () => [...picker.querySelectorAll(".app-phr__i:not([hidden]) .app-phr__b")];

document.addEventListener("input", (event) => {
  if (!event.target.matches?.("[data-phrase-find]")) return;
  const words = event.target.value.trim().split(/\s+/);
  for (const item of picker.querySelectorAll("[data-words]")) {
    item.hidden = !words.every((word) => item.dataset.words.includes(word));
  }
});

picker?.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Escape" && picker.open) {
    event.preventDefault();
    event.stopPropagation();
    picker.open = false;
    answer?.focus();
    return;
  }
  const inFind = event.target.matches("[data-phrase-find]");
  if (inFind && event.key === "Enter") {
    event.preventDefault();
    shown()[0]?.click();
    return;
  }
  if (!["ArrowDown", "ArrowUp"].includes(event.key)) return;
  const buttons = shown();
  const place = buttons.indexOf(document.activeElement);
  const next = event.key === "ArrowDown" ? place + 1 : place - 1;
  event.preventDefault();
  if (next < 0) picker.querySelector("[data-phrase-find]")?.focus();
  else buttons[Math.min(next, buttons.length - 1)]?.focus();
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id === "phrases-in" && picker?.open) picker.querySelector("[data-phrase-find]")?.focus();
});
picker?.addEventListener("toggle", () => {
  if (picker.open) picker.querySelector("[data-phrase-find]")?.focus();
});

// --- names ------------------------------------------------------------------------------------------------------------

const names = document.getElementById("mention");

note?.addEventListener("input", (event) => {
  if (names && ["@", "＠"].includes(event.data)) names.open = true;
});
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-mention]");
  if (!button || !note) return;
  const before = note.value.slice(0, note.selectionStart);
  insert(note, /[@＠]$/.test(before) ? `${button.dataset.mention} ` : `@${button.dataset.mention} `);
});
