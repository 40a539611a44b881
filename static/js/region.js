/* A region that htmx swaps: says politely what it found, keeps the last results when the server can't be reached.
   A sheet that is open inside it, by the address's fragment, stays open until its form is sent. The place
   that was asked for is kept in this tab for the visit. */

let openSheet = "";

document.body.addEventListener("htmx:beforeSwap", (event) => {
  const isSent = event.detail.requestConfig.triggeringEvent?.type === "submit";
  const sheet = document.querySelector("[data-region] :target");
  openSheet = sheet && !isSent ? sheet.id : "";
});

document.body.addEventListener("htmx:afterSettle", () => {
  if (openSheet) location.replace(`#${openSheet}`);
  openSheet = "";
});

document.body.addEventListener("htmx:afterSwap", () => {
  keep();
  for (const region of document.querySelectorAll("[data-region]")) {
    document.getElementById(region.dataset.region).textContent = region.dataset.said;
  }
});

const known = sessionStorage.getItem("near");
const keep = () => sessionStorage.setItem("near", document.getElementById("near").value);

if (known && !location.search) {
  const address = `?near=${encodeURIComponent(known)}`;
  history.replaceState(null, "", address);
  htmx.ajax("GET", address, { target: "#found", swap: "outerHTML" });
} else keep();

for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(failure, (event) => {
    const region = event.detail.target;
    region.querySelector("[data-failure]")?.remove();
    const words = document.createElement("p");
    words.dataset.failure = "";
    words.className = "error-text";
    words.setAttribute("role", "alert");
    words.textContent = "We couldn’t update the list. Try again.";
    region.prepend(words);
  });
}
