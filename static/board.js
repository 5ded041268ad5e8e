// Boards whose cards are dragged, or moved from the keyboard by Shift and an arrow. The calendar of
// visits: [data-move] goes onto a [data-day], the server answers with the board anew; without this
// script a visit is moved on its own page. Columns: a [data-card] goes to the [data-column] to which
// one of its links leads, which is followed; without this script the links do.
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
  const { month, who, tier } = board.dataset;
  await htmx.ajax("POST", card.dataset.move, {
    target: board, swap: "outerHTML", values: { on: day, expected: card.dataset.on, month, who, tier },
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

const COLUMNS = { ArrowLeft: -1, ArrowRight: 1 };

function linkTo(card, column) {
  return card.querySelector(`a[data-to="${column.dataset.column}"]`);
}

export function watchColumns() {
  const columns = () => [...document.querySelectorAll("[data-column]")];
  let dragged = null;
  document.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.("[data-card]");
    if (!dragged) return;
    event.dataTransfer.setData("text/plain", dragged.id);
    event.dataTransfer.effectAllowed = "move";
    for (const column of columns()) column.classList.toggle("is-target", Boolean(linkTo(dragged, column)));
  });
  for (const [name, over] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
    document.addEventListener(name, (event) => {
      const column = event.target.closest?.("[data-column].is-target");
      if (!column || !dragged) return;
      column.classList.toggle("is-over", over);
      if (name !== "dragleave") event.preventDefault();
      if (name === "drop") linkTo(dragged, column).click();
    });
  }
  document.addEventListener("dragend", () => {
    for (const column of columns()) column.classList.remove("is-target", "is-over");
    dragged = null;
  });
  document.addEventListener("keydown", (event) => {
    const card = event.target.closest?.("[data-card]");
    if (!card || !event.shiftKey || !(event.key in COLUMNS)) return;
    const all = COLUMNS[event.key] > 0 ? columns() : columns().reverse();
    const ahead = all.slice(all.indexOf(card.closest("[data-column]")) + 1);
    const link = ahead.map((column) => linkTo(card, column)).find(Boolean);
    if (!link) return;
    event.preventDefault();
    link.click();
  });
}
