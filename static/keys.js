// "/" goes to the search box, "g" and a letter to a page of the navigation, "?" lists them.
// In a list of rows (data-row) "j" and "k" go down and up, and a letter does what the element with
// that data-act does: the one in the row that has the focus, or else the one outside of rows.

const typing = (target) => target.closest("input, textarea, select, [contenteditable], dialog[open]");
const PAUSE = 1500; // ms in which the letter must follow "g"

const rows = () => [...document.querySelectorAll("[data-row]")];
const place = () => rows().indexOf(document.activeElement.closest("[data-row]"));

function goTo(number) {
  const all = rows();
  all[Math.min(Math.max(number, 0), all.length - 1)]?.focus();
}

function act(letter) {
  const named = [...document.querySelectorAll(`[data-act="${CSS.escape(letter)}"]`)];
  const row = document.activeElement.closest("[data-row]");
  const element = named.find((each) => row?.contains(each)) ?? named.find((each) => !each.closest("[data-row]"));
  element?.click();
}

// A row that is swapped away leaves the focus on the one that takes its place.
function keepPlace() {
  let left = -1;
  document.addEventListener("htmx:beforeSwap", () => { left = place(); });
  document.addEventListener("htmx:afterSettle", () => {
    if (left >= 0 && document.activeElement === document.body) goTo(left);
    left = -1;
  });
}

export function watchKeys() {
  let waitsUntil = 0;
  keepPlace();
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    if (performance.now() < waitsUntil) {
      waitsUntil = 0;
      const link = document.querySelector(`a[data-key="${CSS.escape(event.key)}"]`);
      if (link) {
        event.preventDefault();
        link.click();
      }
    } else if (event.key === "g") {
      waitsUntil = performance.now() + PAUSE;
    } else if (event.key === "/") {
      event.preventDefault();
      document.getElementById("global-search")?.select();
    } else if (event.key === "?") {
      document.getElementById("shortcuts").showModal();
    } else if (event.key === "j" || event.key === "k") {
      goTo(place() < 0 ? 0 : place() + (event.key === "j" ? 1 : -1));
    } else if (/^[a-z]$/.test(event.key)) {
      act(event.key);
    }
  });
}
