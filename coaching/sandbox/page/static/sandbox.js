// Keeps the page fresh: on news it fetches itself again and exchanges the parts marked data-live.
// Without this script every link and form still works; only the refreshing is by hand.
"use strict";

const POLL_MS = 3000;
let isLoading = false;
let isStale = false;
let polling = null;

function keepDetails(from, to) {
  for (const details of from.querySelectorAll("details[id]")) {
    const twin = to.querySelector(`#${CSS.escape(details.id)}`);
    if (twin) twin.open = details.open;
  }
}

// innerHTML does not change while somebody opens a <details>: compare without their state.
const withoutOpen = (html) => html.replaceAll(' open=""', "");

function exchange(region, fresh) {
  keepDetails(region, fresh);
  if (withoutOpen(region.innerHTML) === withoutOpen(fresh.innerHTML)) return;
  const active = document.activeElement;
  const typed = region.contains(active) && active.id ? { id: active.id, value: active.value } : null;
  region.replaceChildren(...fresh.childNodes);
  if (typed) {
    const twin = document.getElementById(typed.id);
    if (twin) {
      if (typed.value !== undefined) twin.value = typed.value;
      twin.focus();
    }
  }
  scrollDown(region);
}

function scrollDown(root) {
  const regions = [...root.querySelectorAll("[data-scroll]")];
  if (root.matches?.("[data-scroll]")) regions.push(root);
  for (const region of regions) region.scrollTop = region.scrollHeight;
}

async function refresh() {
  if (isLoading) {
    isStale = true;
    return;
  }
  isLoading = true;
  try {
    const response = await fetch(location.href, { cache: "no-store" });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const region of document.querySelectorAll("[data-live]")) {
      const fresh = page.getElementById(region.id);
      if (fresh) exchange(region, fresh);
    }
  } catch {
    // The sandbox is restarting; the next event or poll tries again.
  } finally {
    isLoading = false;
    if (isStale) {
      isStale = false;
      setTimeout(refresh, 200);
    }
  }
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.closest(".newcomer")) return; // leads to another page: let it
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  for (const input of form.querySelectorAll("input:not([type=hidden])")) {
    if (form.matches(".composer")) input.value = "";
  }
  form.closest("details")?.removeAttribute("open");
  await fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => {});
  refresh();
});

const source = new EventSource("/events");
source.addEventListener("changed", refresh);
source.addEventListener("open", () => {
  clearInterval(polling);
  polling = null;
});
source.addEventListener("error", () => {
  polling ??= setInterval(refresh, POLL_MS);
});

scrollDown(document);
