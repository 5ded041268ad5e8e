// data-confirm="question" on a button, a link or a form, and hx-confirm: one dialog for all.
// Without JavaScript a form is simply sent, so what it does must be checked on the server too.

function ask(question) {
  const dialog = document.getElementById("confirmation");
  document.getElementById("confirmation-text").textContent = question;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

const confirmed = new WeakSet();

async function hold(event, subject, repeat) {
  if (!subject || confirmed.delete(subject)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (await ask(subject.dataset.confirm)) {
    confirmed.add(subject);
    repeat();
  }
}

export function watchConfirmations() {
  document.addEventListener("click", (event) => {
    const subject = event.target.closest("a[data-confirm], button[data-confirm]");
    hold(event, subject, () => subject.click());
  }, true);
  document.addEventListener("submit", (event) => {
    const form = event.target.matches("form[data-confirm]") ? event.target : null;
    hold(event, form, () => form.requestSubmit(event.submitter));
  }, true);
  document.addEventListener("htmx:confirm", async (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    if (await ask(event.detail.question)) event.detail.issueRequest(true);
  });
}
