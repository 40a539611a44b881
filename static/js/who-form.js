/* <who-form>: says what is wrong when a field is left, takes it back as soon as it is right, and offers the
   likely address for a mistyped one. The server checks everything again. */

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/;
const EMAIL_WORDS = "Enter an email address in the right format, like name@example.com";
const PHONE = /^\+?[0-9][0-9 ()\-.]{6,}$/;
const PHONE_WORDS = "Enter a phone number we can reach you on, like 0113 496 0000";
const DOMAINS = ["gmail.com", "googlemail.com", "hotmail.com", "hotmail.co.uk", "outlook.com", "yahoo.com", "yahoo.co.uk", "icloud.com", "live.co.uk", "btinternet.com", "sky.com"];

class WhoForm extends HTMLElement {
  connectedCallback() {
    this.addEventListener("focusout", ({ target }) => { if (target.value?.trim()) this.check(target); });
    this.addEventListener("input", ({ target }) => {
      if (target.type === "radio") document.getElementById(`id_${target.name}-error`)?.remove();
      else if (target.getAttribute("aria-invalid") === "true") this.check(target);
    });
    document.getElementById("problems")?.focus();
  }

  check(input) {
    if (input.type === "email") {
      const typed = input.value.trim();
      this.mark(input, !typed || EMAIL.test(typed) ? "" : EMAIL_WORDS);
      this.suggest(input, likely(typed));
    } else if (input.type === "tel") {
      const typed = input.value.trim();
      this.mark(input, !typed || PHONE.test(typed) ? "" : PHONE_WORDS);
    } else if (input.value.trim()) {
      this.mark(input, "");
    }
  }

  mark(input, words) {
    const field = input.closest(".field");
    if (!field) return;
    const id = `${input.id}-error`;
    const others = (input.getAttribute("aria-describedby") ?? "").split(" ").filter((each) => each && each !== id);
    document.getElementById(id)?.remove();
    field.classList.toggle("field-error", Boolean(words));
    if (words) {
      const error = document.createElement("span");
      error.className = "error-text";
      error.id = id;
      error.textContent = words;
      input.before(error);
      input.setAttribute("aria-invalid", "true");
      others.push(id);
    } else {
      input.removeAttribute("aria-invalid");
    }
    if (others.length) input.setAttribute("aria-describedby", others.join(" "));
    else input.removeAttribute("aria-describedby");
  }

  suggest(input, address) {
    const field = input.closest(".field");
    field.querySelector(".did-you-mean")?.remove();
    if (!address) return;
    const offer = document.createElement("p");
    const button = document.createElement("button");
    offer.className = "did-you-mean";
    offer.setAttribute("role", "status");
    button.type = "button";
    button.className = "btn-link";
    button.textContent = address;
    button.addEventListener("click", () => {
      input.value = address;
      offer.remove();
      this.check(input);
      input.focus();
    });
    offer.append("Did you mean ", button, "?");
    field.append(offer);
  }
}

/* The address that was probably meant: the domain is one slip away from a common one. */
function likely(address) {
  const [name, domain] = address.toLowerCase().split("@");
  if (!name || !domain || DOMAINS.includes(domain)) return "";
  const meant = DOMAINS.find((each) => slips(domain, each) === 1);
  return meant ? `${address.split("@")[0]}@${meant}` : "";
}

/* How many letters differ, a swap of neighbours counting once; 2 stands for "more". */
function slips(typed, meant) {
  if (Math.abs(typed.length - meant.length) > 1) return 2;
  let at = 0;
  while (at < typed.length && typed[at] === meant[at]) at += 1;
  const rest = [typed.slice(at), meant.slice(at)];
  const [a, b] = rest;
  if (a.slice(1) === b || a === b.slice(1) || a.slice(1) === b.slice(1)) return 1;
  if (a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2)) return 1;
  return 2;
}

customElements.define("who-form", WhoForm);
