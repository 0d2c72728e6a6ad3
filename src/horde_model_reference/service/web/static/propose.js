// Makes the forms that propose records quicker to use; they work without it.

const SENDING = "sending-draft";
const NOT_KEPT = new Set(["csrf_token", "_action", "_from", "_pasted"]);
const form = document.querySelector("form.record-form");

if (document.querySelector("[data-sent]")) discardSent();
if (form?.dataset.check) {
  growRows(form);
  nameFiles(form);
  keepDraft(form);
  checkWhileTyping(form);
}
if (form) sendOnce(form);
if (form?.dataset.check) sendWhatIsNeeded(form);
addEventListener("DOMContentLoaded", () => document.querySelector("#errors, .record-form [autofocus]")?.focus()); // seen by then

// Rows: what the buttons do without asking the server.

function growRows(form) {
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=_action]");
    const [action, target] = (button?.value ?? "").split(/:(.*)/s);
    if (action === "add") {
      event.preventDefault();
      const row = addRow(button.closest("[data-rows]"));
      row.querySelector("input, select, textarea")?.focus();
    } else if (action === "remove") {
      event.preventDefault();
      const rows = button.closest("[data-rows]");
      document.getElementById(target).remove();
      rows.querySelector(":scope > button").focus();
      form.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
}

function addRow(rows, wanted) {
  const template = rows.querySelector(":scope > template");
  const prefix = `${rows.dataset.rows}.`;
  const taken = [...rows.querySelectorAll(":scope > .row")].map((row) => Number(row.id.slice(prefix.length)));
  const number = wanted ?? Math.max(-1, ...taken) + 1;
  const holder = document.createElement("template");
  holder.innerHTML = template.innerHTML.replaceAll(rows.dataset.mark, String(number));
  template.before(holder.content);
  const row = document.getElementById(`${prefix}${number}`);
  const titles = ":scope > legend, :scope > .remove > span, :scope > details > summary > span";
  for (const title of row.querySelectorAll(titles)) title.textContent += ` ${taken.length + 1}`;
  return row;
}

// Files: what they are called mostly stands in their address.

function nameFiles(form) {
  form.addEventListener("change", ({ target }) => {
    const [, row] = /^(.+)\.file_url$/.exec(target.name) ?? [];
    const name = row && form.elements.namedItem(`${row}.file_name`);
    if (!name || name.value) return;
    try {
      const last = decodeURIComponent(new URL(target.value.trim()).pathname.split("/").pop());
      if (/^[^\\\s]+\.\w+$/.test(last)) name.value = last;
    } catch { /* no address yet */ }
  });
}

// Drafts: kept in this browser until the proposal is sent, for the person who made them. Each form that is
// open has one of its own, so that two tabs don't write into the same; the pages of one form share it.

function draftsOf(form) {
  return `draft:${form.dataset.owner}:${form.dataset.draft.split("#")[0]}#`;
}

function draftKey(form) {
  return draftsOf(form) + form.dataset.draft.split("#")[1];
}

async function keepDraft(form) {
  const isFresh = form.hasAttribute("data-fresh");
  const original = JSON.stringify(inputs(form));
  let hasChanged = false, waiting;
  form.addEventListener("input", () => {
    hasChanged = true;
    clearTimeout(waiting);
    waiting = setTimeout(save, 400);
  });
  // Nothing of the page is seen yet, and a form that a draft is going to change is not before it did.
  form.toggleAttribute("data-waits", isFresh && hasDrafts(form));
  try {
    await nameDraft(form);
    const draft = isFresh && !hasChanged ? readDraft(draftKey(form)) ?? await takeDraft(form) : null;
    if (draft && JSON.stringify(draft.inputs) !== original) restore(form, draft, draftKey(form));
  } finally {
    form.removeAttribute("data-waits");
  }
  const key = draftKey(form);
  navigator.locks?.request(key, () => new Promise(() => {}));
  addEventListener("pagehide", () => { if (hasChanged) save(); });
  if (!isFresh) save();

  function save() {
    clearTimeout(waiting);
    if (form.dataset.isSent) return;
    try {
      localStorage.setItem(draftKey(form), JSON.stringify({ at: Date.now(), inputs: inputs(form) }));
    } catch { /* no room, or not allowed: then there is no draft */ }
  }
}

function hasDrafts(form) {
  try {
    return Object.keys(localStorage).some((key) => key.startsWith(draftsOf(form)));
  } catch {
    return false; // not allowed
  }
}

// A tab goes on with its own draft; a copy of a tab begins one.
async function nameDraft(form) {
  const [path, given] = form.dataset.draft.split("#");
  const drafts = draftsOf(form);
  let id = given ?? sessionStorage.getItem(drafts);
  if (!id || (!given && (await openElsewhere()).has(drafts + id))) id = Math.random().toString(36).slice(2);
  sessionStorage.setItem(drafts, id);
  form.dataset.draft = form.elements.namedItem("_from").value = `${path}#${id}`;
}

// The newest draft that no open tab works on becomes that of this one.
async function takeDraft(form) {
  const isOpen = await openElsewhere();
  const left = Object.keys(localStorage).filter((key) => key.startsWith(draftsOf(form)) && !isOpen.has(key));
  const found = left.map((key) => [key, readDraft(key)]).filter(([, draft]) => draft).sort(([, one], [, other]) => other.at - one.at);
  if (!found.length) return null;
  const [key, draft] = found[0];
  localStorage.setItem(draftKey(form), localStorage.getItem(key));
  localStorage.removeItem(key);
  return draft;
}

// Which drafts open tabs work on; browsers tell it on secure pages only.
async function openElsewhere() {
  const locks = await navigator.locks?.query();
  return new Set(locks?.held.map((lock) => lock.name));
}

function inputs(form) {
  return [...new FormData(form)].filter(([name, text]) => !NOT_KEPT.has(name) && (text || name.includes(".")));
}

function readDraft(key) {
  try {
    const draft = JSON.parse(localStorage.getItem(key));
    return Array.isArray(draft?.inputs) ? draft : null;
  } catch {
    return null;
  }
}

function restore(form, draft, key) {
  for (const rows of form.querySelectorAll(".rows")) for (const row of rows.querySelectorAll(":scope > .row")) row.remove();
  for (const [name] of draft.inputs) makeRoomFor(name);
  const texts = new Map();
  for (const [name, text] of draft.inputs) texts.set(name, [...(texts.get(name) ?? []), text]);
  for (const input of form.elements) {
    if (!input.name || NOT_KEPT.has(input.name)) continue;
    const given = texts.get(input.name) ?? [];
    if (input.type === "checkbox") input.checked = given.includes(input.value);
    else input.value = given[0] ?? "";
  }
  for (const [name, [text]] of texts) {
    if (!form.elements.namedItem(name)) form.append(hidden(name, text));
  }
  openWhatIsFilled(form);
  const notice = form.querySelector(".draft-notice");
  const when = new Date(draft.at);
  notice.querySelector("[data-draft-time]").textContent = `on ${when.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })}`;
  notice.querySelector("[data-discard-draft]").addEventListener("click", () => {
    localStorage.removeItem(key);
    location.reload();
  });
  notice.hidden = false;
}

function makeRoomFor(name) {
  const parts = name.split(".");
  for (let end = 1; end < parts.length; end++) {
    const rows = form.querySelector(`[data-rows="${CSS.escape(parts.slice(0, end).join("."))}"]`);
    const number = Number(parts[end]);
    if (rows && Number.isInteger(number) && !document.getElementById(parts.slice(0, end + 1).join("."))) addRow(rows, number);
  }
}

function hidden(name, text) {
  const input = document.createElement("input");
  input.type = "hidden";
  input.name = name;
  input.value = text;
  return input;
}

function openWhatIsFilled(form) {
  for (const details of form.querySelectorAll("details")) {
    const filled = [...details.querySelectorAll("input:not([readonly], [type=hidden], [type=checkbox]), textarea, select, :checked")];
    if (filled.some((input) => input.value && input.type !== "hidden")) details.open = true;
  }
}

function discardSent() {
  const key = sessionStorage.getItem(SENDING);
  if (key) localStorage.removeItem(key);
  sessionStorage.removeItem(SENDING);
}

// Checks: what is wrong with the fields that were filled in, by the rules of the server.

function checkWhileTyping(form) {
  const touched = new Set([...form.querySelectorAll("[aria-invalid=true]")].map((input) => input.name || input.id));
  for (const warning of form.querySelectorAll(".warning")) touched.add(warning.id.slice(0, -"-warning".length));
  const status = form.querySelector("[data-check-status]");
  let waiting, asked = 0;
  for (const [event, pause] of [["change", 100], ["input", 900]]) {
    form.addEventListener(event, ({ target }) => {
      if (!target.name || target.name === "_pasted") return;
      if (event === "change") touched.add(target.name);
      clearTimeout(waiting);
      waiting = setTimeout(check, pause);
    });
  }

  async function check() {
    const number = ++asked;
    let found;
    try {
      const answer = await fetch(form.dataset.check, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (answer.status === 401 || answer.status === 403) {
        status.textContent = "Your session has ended. Go on: you are asked to sign in, and nothing gets lost.";
        return;
      }
      if (!answer.ok) throw new Error(answer.statusText);
      found = await answer.json();
    } catch {
      status.textContent = "Your entries can’t be checked at the moment.";
      return;
    }
    if (number !== asked) return;
    const composed = document.getElementById("composed-name");
    if (composed) {
      composed.textContent = found.composed;
      const note = document.getElementById("composer-note");
      note.textContent = found.schema;
      note.hidden = !found.schema;
      document.getElementById("composed-taken").hidden = !found.taken;
    }
    show(found);
  }

  function show({ errors, warnings }) {
    for (const place of form.querySelectorAll("p.error[id$='-error']")) {
      const name = place.id.slice(0, -"-error".length);
      const messages = isTouched(name) ? errors[name] ?? [] : [];
      place.textContent = messages.join("; ");
      place.hidden = !messages.length;
      const field = document.getElementById(name);
      field?.toggleAttribute("aria-invalid", Boolean(messages.length));
      if (messages.length) field?.setAttribute("aria-invalid", "true");
      field?.closest(".field, fieldset")?.classList.toggle("field-wrong", Boolean(messages.length));
    }
    const left = Object.values(errors).flat().length;
    warn(warnings);
    status.textContent = left ? `${left === 1 ? "One thing is" : `${left} things are`} missing or not right yet.` : "Everything that is needed is there.";
  }

  function warn(warnings) {
    for (const [name, messages] of Object.entries(warnings)) {
      const error = document.getElementById(`${name}-error`);
      let place = document.getElementById(`${name}-warning`);
      if (!error) continue;
      if (!place) {
        place = document.createElement("p");
        place.id = `${name}-warning`;
        place.className = "warning";
        error.after(place);
      }
      place.textContent = isTouched(name) ? messages.join(" ") : "";
      place.hidden = !place.textContent;
    }
  }

  function isTouched(name) {
    const within = name === "name" ? "_part." : `${name}.`;
    return touched.has(name) || [...touched].some((each) => each.startsWith(within));
  }
}

// Sending: once, and the draft goes when it has arrived.

function sendOnce(form) {
  form.addEventListener("submit", (event) => {
    if (event.submitter?.value !== "send") return;
    if (form.dataset.isSent) { event.preventDefault(); return; }
    form.dataset.isSent = "yes";
    sessionStorage.setItem(SENDING, draftKey(form));
  });
  addEventListener("pageshow", () => { delete form.dataset.isSent; });
}

// A pasted record goes along only where it is asked for, and never more than is taken.
function sendWhatIsNeeded(form) {
  const tooMuch = form.querySelector("[data-too-much]"); // of its own: what checks find comes at any time
  let pastes = false;
  form.addEventListener("input", () => { tooMuch.textContent = ""; });
  form.addEventListener("formdata", ({ formData }) => { if (!pastes) formData.delete("_pasted"); });
  form.addEventListener("submit", (event) => {
    pastes = event.submitter?.value === "paste";
    const size = new Blob([new URLSearchParams(new FormData(form))]).size;
    setTimeout(() => { pastes = false; });
    if (size <= Number(form.dataset.maxBytes)) return;
    event.preventDefault();
    tooMuch.textContent =
      `That is more than can be sent at once: ${Math.ceil(size / 1000)} kB of ${Math.floor(form.dataset.maxBytes / 1000)} kB.`;
  });
}
