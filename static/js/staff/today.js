/* The page is asked for again every 30 s: not while somebody is in it or a menu is open; when it can't be, it says since when. */

const ours = ({ detail }) => detail.elt.id === "today";
const isBusy = () =>
  document.getElementById("today").contains(document.activeElement) ||
  document.hidden || document.querySelector("dialog[open], [aria-expanded=true]");

document.addEventListener("htmx:beforeRequest", (event) => {
  if (ours(event) && isBusy()) event.preventDefault();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!ours(event) || !event.detail.xhr.responseURL.includes("/login/")) return;
  event.detail.shouldSwap = false;
  tell();
});
for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"])
  document.addEventListener(failure, (event) => { if (ours(event)) tell(); });

function tell() {
  const place = document.getElementById("updated");
  place.textContent = `Not updated since ${place.dataset.at}`;
  place.classList.add("stale");
}
