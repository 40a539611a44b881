/* Keys of the review desk. They open and choose; none of them sends a form, so no single key moves money.
   They rest while a field has the focus, and can be turned off (2.1.4). */

const OFF = "staffKeysOff";
const FIELDS = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]";

class StaffKeys extends HTMLElement {
  connectedCallback() {
    this.dialog = document.getElementById("keys");
    this.off = this.dialog.querySelector("[data-keys-off]");
    this.off.checked = localStorage.getItem(OFF) === "1";
    this.off.addEventListener("change", () => localStorage.setItem(OFF, this.off.checked ? "1" : "0"));
    for (const opener of document.querySelectorAll("[data-opens=keys]"))
      opener.addEventListener("click", () => this.dialog.showModal());
    document.addEventListener("keydown", (event) => this.press(event));
    for (const link of document.querySelectorAll("[data-chooses]"))
      link.addEventListener("click", () => choose(link.dataset.chooses));
    hideBarWhileInView();
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || this.dialog.open) return;
    if (event.target.closest(FIELDS) || this.off.checked) return;
    const act = this.acts()[event.key.toLowerCase()];
    if (act && act() !== false) event.preventDefault();
  }

  acts() {
    const always = { "?": () => this.dialog.showModal() };
    if (this.dataset.page === "queue")
      return { ...always, j: () => move(1), k: () => move(-1) };
    return {
      ...always,
      a: () => choose("approve"),
      d: () => choose("decline"),
      b: () => block(),
      r: () => follow("r"),
      j: () => follow("j"),
      k: () => follow("k"),
    };
  }
}

/* The row's own link has the focus, so Enter opens it without any help of ours. */
function move(step) {
  const links = [...document.querySelectorAll("[data-rows] tr .ref a")];
  if (!links.length) return false;
  const here = links.indexOf(document.activeElement);
  links[Math.min(Math.max(here < 0 ? 0 : here + step, 0), links.length - 1)].focus();
}

function choose(decision) {
  const choice = document.querySelector(`.decide input[name=decision][value=${decision}]`);
  if (!choice) return false;
  choice.checked = true;
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  choice.focus();
}

function block() {
  const first = document.querySelector(".decide input[name=block]");
  if (!first) return false;
  choose("decline");
  first.focus();
}

function follow(key) {
  const link = document.querySelector(`a[data-key=${key}]`);
  if (!link) return false;
  link.click();
}

function hideBarWhileInView() {
  const bar = document.querySelector(".bottom-bar");
  const panel = document.getElementById("decide");
  if (!bar || !panel) return;
  new IntersectionObserver(([seen]) => bar.classList.toggle("away", seen.isIntersecting), {
    rootMargin: "0px 0px -80px",
  }).observe(panel);
}

customElements.define("staff-keys", StaffKeys);
