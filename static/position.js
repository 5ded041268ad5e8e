// form[data-position]: before it is sent the browser is asked where it is, when the box
// `with_position` is ticked. Refused, failed or too slow: the form is sent without.

const PATIENCE = 8000; // milliseconds

export function watchPositions() {
  document.addEventListener("submit", (event) => {
    const form = event.target.matches("form[data-position]") ? event.target : null;
    if (!form || form.dataset.asked || !form.elements.with_position.checked || !navigator.geolocation) return;
    event.preventDefault();
    form.dataset.asked = "yes";
    const waiting = form.querySelector("[data-waiting]");
    if (waiting) waiting.hidden = false;
    const send = () => form.requestSubmit();
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      form.elements.latitude.value = coords.latitude.toFixed(6);
      form.elements.longitude.value = coords.longitude.toFixed(6);
      form.elements.accuracy.value = Math.round(coords.accuracy);
      send();
    }, send, { enableHighAccuracy: true, timeout: PATIENCE, maximumAge: 60000 });
  });
}
