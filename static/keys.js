// "/" goes to the search box, "g" and a letter to a page of the navigation, "?" lists them.

const typing = (target) => target.closest("input, textarea, select, [contenteditable], dialog[open]");
const PAUSE = 1500; // ms in which the letter must follow "g"

export function watchKeys() {
  let waitsUntil = 0;
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
    }
  });
}
