/* Taps that found no connection stay on their row and in this tab, and are sent again when it is back. */

const KEY = `attendance:${location.pathname}`;
const AGAIN_MS = 15000;
const notice = document.getElementById("offline");
const kept = new Map(Object.entries(JSON.parse(sessionStorage.getItem(KEY) ?? "{}")));

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.elt.matches(".taps")) said(detail.elt, "Saving…");
});

for (const failure of ["htmx:sendError", "htmx:timeout"])
  document.addEventListener(failure, ({ detail }) => keep(detail.elt, detail.requestConfig));

document.addEventListener("htmx:responseError", ({ detail }) => {
  if (detail.xhr.status >= 500) keep(detail.elt, detail.requestConfig);
  else refuse(detail.elt, "Not saved. Reload the page and tap again.");
});

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!detail.xhr.responseURL.includes("/login/")) return;
  detail.shouldSwap = false;
  keep(detail.requestConfig.elt, detail.requestConfig, "Not saved: you have been signed out. Sign in in another tab, then tap again.");
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.successful && !detail.xhr.responseURL.includes("/login/")) forget(detail.requestConfig.elt.id);
});

addEventListener("online", sendAgain);
addEventListener("offline", tell);
addEventListener("beforeunload", (event) => { if (kept.size) event.preventDefault(); });
setInterval(() => { if (navigator.onLine) sendAgain(); }, AGAIN_MS);
show();

function keep(form, { parameters }, words = "Not saved, no connection") {
  const value = parameters.mark ?? parameters.result;
  if (!form.matches(".taps") || !value) return;
  kept.set(form.id, value);
  store();
  waiting(form, value, words);
}

function refuse(form, words) {
  if (!form.matches(".taps")) return;
  forget(form.id);
  said(form, words, true);
}

function forget(id) {
  if (kept.delete(id)) store();
}

function store() {
  sessionStorage.setItem(KEY, JSON.stringify(Object.fromEntries(kept)));
  tell();
}

function show() {
  for (const [id, value] of kept) {
    const form = document.getElementById(id);
    if (form) waiting(form, value, "Not saved, no connection");
    else kept.delete(id);
  }
  tell();
}

function waiting(form, value, words) {
  for (const button of form.querySelectorAll(".tap")) button.classList.toggle("kept", button.value === value);
  said(form, words, true);
}

function said(form, words, isProblem = false) {
  const place = form.querySelector(".said");
  place.textContent = words;
  place.classList.toggle("problem", isProblem);
}

function sendAgain() {
  for (const [id, value] of kept) {
    const form = document.getElementById(id);
    [...(form?.querySelectorAll("button") ?? [])].find((button) => button.value === value)?.click();
  }
}

function tell() {
  const taps = kept.size === 1 ? "1 tap is" : `${kept.size} taps are`;
  notice.textContent = kept.size
    ? `${taps} not saved yet. Keep this page open: they are kept here and saved when the connection is back.`
    : navigator.onLine ? "" : "No connection. You can go on tapping: each tap is kept on this page and saved when the connection is back.";
  notice.hidden = !notice.textContent;
}
