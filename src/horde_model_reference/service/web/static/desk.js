// Keys, and answers that take a while. Everything here can be done without it, too.

const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

// Rows: j and k move, Enter opens.
const rows = [...document.querySelectorAll("[data-row]")];
let current = -1;

function moveTo(index) {
  rows[current]?.classList.remove("is-current");
  current = Math.max(0, Math.min(rows.length - 1, index));
  rows[current].classList.add("is-current");
  rows[current].querySelector("[data-open]").focus();
}

document.addEventListener("focusin", (event) => {
  const row = event.target.closest("[data-row]");
  if (!row || row === rows[current]) return;
  rows[current]?.classList.remove("is-current");
  current = rows.indexOf(row);
  row.classList.add("is-current");
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && typing(event.target)) { event.target.blur(); return; }
  if (typing(event.target)) return;
  if (rows.length && (event.key === "j" || event.key === "k")) {
    event.preventDefault();
    moveTo(current + (event.key === "j" ? 1 : -1));
    return;
  }
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!target) return;
  event.preventDefault();
  // A link is followed; a button or a field waits for Enter, so that no slip of a finger decides.
  if (target.matches("a")) target.click();
  else { target.focus(); target.scrollIntoView({ block: "nearest" }); }
});

// What the addresses answer, and who serves the model, comes when it is known.
async function ask() {
  const found = document.querySelector("#found");
  if (!found || (found.dataset.unknown === "0" && !("unseen" in found.dataset))) return;
  found.classList.add("is-asking");
  found.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(`${location.pathname}/checks`, { headers: { accept: "text/html" } });
    if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    found.replaceWith(page.querySelector("#found"));
  } catch {
    found.classList.remove("is-asking");
    found.removeAttribute("aria-busy");
  }
}
ask();
