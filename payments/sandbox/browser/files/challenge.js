// @ts-check
/** The bank's page inside the shop's dialog: tells the page around it when the customer has answered. */
(() => {
  "use strict";

  const shop = new URLSearchParams(location.search).get("frame");
  if (!shop || window.parent === window) return;

  if (document.body.dataset.answered) {
    window.parent.postMessage({ kind: "answered" }, shop);
    return;
  }
  const close = () =>
    /** @type {HTMLButtonElement | null} */ (document.querySelector("button[value=close]"))?.click();
  window.addEventListener("message", (message) => {
    if (message.source === window.parent && message.data?.kind === "close") close();
  });
  window.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
})();
