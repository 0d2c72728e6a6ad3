// Keys, choices, and answers that take a while. Everything here can be done without it, too.

const root = document.documentElement;
const typing = (target) => target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");

// Single keys can be turned off: speech input and some screen readers send letters of their own.
const keys = document.querySelector("[data-keys]");
const keySwitch = document.querySelector("[data-keys-switch]");
const keysAreOn = () => root.dataset.keys !== "off";

if (keySwitch) {
  keySwitch.checked = keysAreOn();
  keySwitch.addEventListener("change", () => {
    if (keySwitch.checked) delete root.dataset.keys;
    else root.dataset.keys = "off";
    try { localStorage.setItem("keys", keySwitch.checked ? "on" : "off"); } catch { /* until the next page */ }
  });
}

// Rows: j and k move, Enter opens, x chooses.
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
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape" && typing(event.target)) { event.target.blur(); return; }
  if (typing(event.target) || !keysAreOn()) return;
  if (event.key === "?" && keys) {
    event.preventDefault();
    keys.open = !keys.open;
    if (keys.open) keys.querySelector("summary").focus();
    return;
  }
  if (rows.length && (event.key === "j" || event.key === "k")) {
    event.preventDefault();
    moveTo(current + (event.key === "j" ? 1 : -1));
    return;
  }
  if (event.key === "x" && rows[current]) {
    event.preventDefault();
    rows[current].querySelector("input[type=checkbox]")?.click();
    return;
  }
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!target) return;
  event.preventDefault();
  // A link is followed; a button or a field waits for Enter, so that no slip of a finger decides.
  if (target.matches("a")) target.click();
  else { target.focus(); target.scrollIntoView({ block: "nearest" }); }
});

// How many are chosen, and all at once.
const choices = [...document.querySelectorAll("input[name=change_ids]")];
const chooseAll = document.querySelector("[data-choose-all]");
const chosen = document.querySelector("[data-chosen]");

function countChosen() {
  const count = choices.filter((choice) => choice.checked).length;
  if (chosen) chosen.textContent = count ? `: ${count}` : "";
  if (chooseAll) {
    chooseAll.checked = count > 0 && count === choices.length;
    chooseAll.indeterminate = count > 0 && count < choices.length;
  }
}

if (chooseAll) {
  chooseAll.addEventListener("change", () => {
    for (const choice of choices) choice.checked = chooseAll.checked;
    countChosen();
  });
  for (const choice of choices) choice.addEventListener("change", countChosen);
  // After going back, a browser fills in what was chosen later than this runs.
  addEventListener("pageshow", countChosen);
}

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "true";
  form.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  }
});

// What the addresses answer, and who serves the model, comes when it is known.
async function ask() {
  const found = document.querySelector("#found"), noticed = document.querySelector("#noticed");
  if (!found || (found.dataset.unknown === "0" && !("unseen" in noticed.dataset))) return;
  found.setAttribute("aria-busy", "true");
  try {
    const address = `${location.pathname}/checks${location.search}`;
    const answer = await fetch(address, { headers: { accept: "text/html" } });
    if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of ["counted", "noticed", "found"]) {
      document.getElementById(id)?.replaceChildren(...(page.getElementById(id)?.childNodes ?? []));
    }
  } finally {
    found.removeAttribute("aria-busy");
  }
}
ask().catch(() => { /* what is not known stays so; the page can be loaded again */ });
