/* The button that a page without script has no use for. */
const button = document.querySelector("[data-print]");
button.hidden = false;
button.addEventListener("click", () => print());
