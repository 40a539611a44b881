/* "/" opens the search on every staff page. Like every key of ours it rests while a field has the focus or a dialog is
   open, and where somebody turned the keys off (2.1.4). */

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (localStorage.getItem("staffKeysOff") === "1" || document.querySelector("dialog[open]")) return;
  if (event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]")) return;
  const opener = document.querySelector("button.find");
  if (!opener) return;
  event.preventDefault();
  opener.click();
});

/* The field takes the focus when it is seen. Unfold asks for it 20 ms after the opening, and on a slow machine the
   field is not drawn by then. */
document.addEventListener("DOMContentLoaded", () => {
  const field = document.getElementById("search-input-command");
  if (field) new IntersectionObserver(([last]) => { if (last.isIntersecting) field.focus(); }).observe(field);
});
