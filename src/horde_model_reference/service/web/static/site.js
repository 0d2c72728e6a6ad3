// Makes the pages quicker to use; every page works without it.

const units = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

function ago(date) {
  const seconds = (date - Date.now()) / 1000;
  const [unit, length] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return relative.format(Math.round(seconds / length), unit);
}

// Text that is there already stays as it is, so that nothing moves.
for (const time of document.querySelectorAll("time[data-ago]")) {
  const told = ago(new Date(time.dateTime));
  time.title = told;
  if (time.nextElementSibling?.classList.contains("age")) time.nextElementSibling.textContent = `(${told})`;
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  const label = button.innerHTML;
  let waiting;
  button.hidden = !navigator.clipboard; // browsers give it to secure pages only
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
    button.textContent = "Copied";
    clearTimeout(waiting);
    waiting = setTimeout(() => { button.innerHTML = label; }, 1500);
  });
}

// A form that only filters sends itself when a choice is made.
for (const form of document.querySelectorAll("form[data-live]")) {
  form.addEventListener("change", (event) => {
    if (event.target.matches("select, input[type=checkbox], input[type=radio]")) form.requestSubmit();
  });
}

// "/" goes to the search field, unless single keys are turned off on this device.
try {
  if (localStorage.getItem("keys") === "off") document.documentElement.dataset.keys = "off";
} catch { /* a browser that keeps nothing */ }
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || document.documentElement.dataset.keys === "off" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const field = document.querySelector("input[type=search]");
  if (field) { event.preventDefault(); field.focus(); field.select(); }
});

// Filters stand open beside a list; the style sheet can do that only in newer browsers.
if (!CSS.supports("selector(::details-content)") && matchMedia("(min-width: 60.0625rem)").matches) {
  for (const details of document.querySelectorAll("details[data-open-wide]")) details.open = true;
}

// Shows one blurred picture instead of all.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a.reveal");
  if (!link) return;
  event.preventDefault();
  link.parentElement.classList.remove("picture-blurred");
  link.remove();
});

// A picture that is not there leaves its place empty.
for (const picture of document.querySelectorAll(".picture img")) {
  const leave = () => picture.parentElement.classList.add("picture-broken");
  if (picture.complete && !picture.naturalWidth) leave();
  picture.addEventListener("error", leave);
}
