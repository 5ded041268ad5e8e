// The calendar of visits: [data-move] is dragged onto a [data-day], or moved from the keyboard by
// Shift and an arrow. The server answers with the board anew; without this script a visit is moved
// on its own page.
import htmx from "htmx.org";

const DAYS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

function shifted(day, by) {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + by);
  return date.toISOString().slice(0, 10);
}

async function move(card, day) {
  const board = card.closest("[data-board]");
  if (!board || day === card.dataset.on || board.dataset.moving) return;
  board.dataset.moving = "yes"; // one at a time; the new board comes without it
  const { month, who } = board.dataset;
  await htmx.ajax("POST", card.dataset.move, {
    target: board, swap: "outerHTML", values: { on: day, expected: card.dataset.on, month, who },
  });
  delete board.dataset.moving;
  document.getElementById(card.id)?.focus();
}

export function watchBoards() {
  document.addEventListener("dragstart", (event) => {
    const card = event.target.closest?.("[data-move]");
    if (!card) return;
    event.dataTransfer.setData("text/plain", card.id);
    event.dataTransfer.effectAllowed = "move";
  });
  for (const [name, over] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
    document.addEventListener(name, (event) => {
      const day = event.target.closest?.("[data-board] [data-day]");
      if (!day) return;
      day.classList.toggle("is-over", over);
      if (name !== "dragleave") event.preventDefault();
      const card = name === "drop" && document.getElementById(event.dataTransfer.getData("text/plain"));
      if (card && card.matches("[data-move]")) move(card, day.dataset.day);
    });
  }
  document.addEventListener("keydown", (event) => {
    const card = event.target.closest?.("[data-move]");
    if (!card || !event.shiftKey || !(event.key in DAYS)) return;
    event.preventDefault();
    move(card, shifted(card.dataset.on, DAYS[event.key]));
  });
}
