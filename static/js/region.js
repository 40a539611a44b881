/* A region that htmx swaps: says politely what it found, keeps the last results when the server can't be reached.
   A sheet that is open inside it, by the address's fragment, stays open until its form is sent. */

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
  for (const region of document.querySelectorAll("[data-region]")) {
    document.getElementById(region.dataset.region).textContent = region.dataset.said;
  }
});

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
