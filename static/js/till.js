// The till works without this file. It sends a form once, however often the button is tapped.
(() => {
  const sent = new WeakSet();
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-once]")) return;
    if (sent.has(event.target)) event.preventDefault();
    sent.add(event.target);
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("[data-once]")) sent.delete(form);
  });
})();
