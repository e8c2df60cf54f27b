// The enquiry form works without this file. It stops double taps, keeps unsent text over a lost
// connection, and chooses the course of the card that was tapped.
(() => {
  const KEY = "enquiry";
  if (document.querySelector("[data-enquiry-arrived]")) {
    sessionStorage.removeItem(KEY);
    document.querySelector("h1").focus();
    return;
  }
  const form = document.querySelector("[data-enquiry]");
  if (!form) return;
  const kept = ["name", "phone", "email", "message"];
  const button = form.querySelector("[type=submit]");
  try {
    const saved = JSON.parse(sessionStorage.getItem(KEY) || "{}");
    for (const name of kept) if (!form.elements[name].value && saved[name]) form.elements[name].value = saved[name];
  } catch { /* storage is full, off or broken: nothing is restored */ }
  form.addEventListener("input", () => {
    try {
      const text = Object.fromEntries(kept.map((name) => [name, form.elements[name].value]));
      sessionStorage.setItem(KEY, JSON.stringify(text));
    } catch { /* as above */ }
  });
  form.addEventListener("submit", () => { button.disabled = true; });
  addEventListener("pageshow", () => { button.disabled = false; });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-course]");
    if (!link) return;
    event.preventDefault();
    form.elements.course.value = link.dataset.course;
    document.getElementById("enquiry-form").scrollIntoView();
    form.elements.name.focus({ preventScroll: true });
  });
})();
