// @ts-check
/* <stripe-pay>: the card form of Stripe's, and our button. Nothing is charged here: the card becomes a
   confirmation token, the server judges and charges, and one token is one payment however often it is sent.
   With a client-secret it only takes the customer back to their bank's question. */

/**
 * @typedef {import("@stripe/stripe-js").Stripe} Stripe
 * @typedef {import("@stripe/stripe-js").StripeElements} StripeElements
 * @typedef {import("@stripe/stripe-js").Appearance} Appearance
 * @typedef {{status?: string, client_secret?: string, code?: string, decline_code?: string, detail?: string}} Answer
 */

import { hints } from "./device-hints.js";

const SLOW_MS = 4000;
const UNREACHED = "We lost the connection. Press the button again: we never charge twice.";
const BROKEN = "Something went wrong on our side. Press the button again: we never charge twice.";

class StripePay extends HTMLElement {
  form = /** @type {HTMLFormElement} */ (this.querySelector("form"));
  button = /** @type {HTMLButtonElement} */ (this.form.querySelector("button[type=submit]"));
  label = this.button.textContent ?? "";
  failure = /** @type {HTMLElement} */ (this.form.querySelector("[data-failure]"));
  bank = /** @type {HTMLElement} */ (this.form.querySelector("[data-bank]"));
  words = /** @type {Record<string, string>} */ (JSON.parse(document.getElementById("card-words")?.textContent ?? "{}"));
  clientSecret = this.getAttribute("client-secret") ?? "";
  /** The call of a payment whose answer never came, word for word; the next press repeats it. */
  pending = { token: "", body: "" };
  /** When the card form could first be filled in. */
  since = performance.now();
  busy = false;
  leaving = false;
  slowly = 0;
  /** @type {Stripe | undefined} */
  stripe;
  /** @type {StripeElements | undefined} */
  elements;

  connectedCallback() {
    this.form.hidden = false;
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.press(); });
    window.addEventListener("beforeunload", (event) => { if (this.busy && !this.leaving) event.preventDefault(); });
    window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
    if (!this.failure.hidden) this.failure.focus();
    this.load();
  }

  /** @param {string} name */
  setting(name) {
    return this.getAttribute(name) ?? "";
  }

  /* --- the card form arrives, late or never ------------------------------------------------------- */

  async load() {
    this.slowly = window.setTimeout(() => this.late("The card form is taking longer than usual."), SLOW_MS);
    const stripe = await arrival(this.setting("script"));
    if (!stripe) {
      this.blocked();
      return;
    }
    const ready = stripe(this.setting("key"), { locale: "en-GB" });
    this.stripe = ready;
    if (this.clientSecret) window.clearTimeout(this.slowly);
    else this.mount(ready);
  }

  /** @param {Stripe} stripe */
  mount(stripe) {
    const elements = stripe.elements({
      mode: "payment",
      amount: Number(this.setting("amount")),
      currency: this.setting("currency"),
      captureMethod: "manual",
      appearance: appearance(),
      fonts: fonts(),
    });
    this.elements = elements;
    const card = elements.create("payment", {
      layout: { type: "accordion", radios: "always", spacedAccordionItems: false },
      fields: { billingDetails: { email: "never" } },
      defaultValues: { billingDetails: this.person() },
    });
    card.on("ready", () => this.arrived());
    card.on("loaderror", () => this.blocked());
    card.mount(/** @type {HTMLElement} */ (this.querySelector("[data-element]")));
    if (this.hasAttribute("wallets")) this.offerWallets(elements);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => elements.update({ appearance: appearance() }));
  }

  /** Stripe draws the buttons of the wallets that this device has, or none. @param {StripeElements} elements */
  offerWallets(elements) {
    const express = elements.create("expressCheckout", { buttonHeight: 48 });
    express.on("confirm", () => this.press());
    express.mount(/** @type {HTMLElement} */ (this.querySelector("[data-express]")));
  }

  person() {
    return { name: this.dataset.name, email: this.dataset.email, address: { country: "GB", postal_code: this.dataset.postcode ?? "" } };
  }

  arrived() {
    window.clearTimeout(this.slowly);
    this.since = performance.now();
    this.slow().replaceChildren();
  }

  blocked() {
    window.clearTimeout(this.slowly);
    this.late("Something is stopping the card form from loading, often a work network.");
  }

  /** @param {string} words */
  late(words) {
    const again = document.createElement("button");
    again.type = "button";
    again.className = "btn-link";
    again.textContent = "Reload";
    again.addEventListener("click", () => this.go(location.href));
    this.slow().replaceChildren(`${words} `, again, ` or call us on ${this.setting("phone")}.`);
  }

  slow() {
    return /** @type {HTMLElement} */ (this.querySelector("[data-slow]") ?? this.bank);
  }

  /* --- pressing the button ------------------------------------------------------------------------ */

  async press() {
    if (this.busy || !this.stripe) return;
    this.work("Paying…");
    this.failure.hidden = true;
    try {
      if (this.clientSecret) await this.approve(this.stripe, this.clientSecret);
      else await this.pay(this.stripe);
    } catch (error) {
      this.refuse(error instanceof TypeError ? UNREACHED : BROKEN);
    }
  }

  /** @param {Stripe} stripe */
  async pay(stripe) {
    if (!this.pending.token) {
      const token = await this.token(stripe);
      if (!token) return;
      this.pending = { token, body: JSON.stringify({ confirmation_token: token, device: await hints(this.since) }) };
    }
    const answer = await fetch(this.setting("payments"), {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": `payment-${this.pending.token}` },
      body: this.pending.body,
    });
    const body = /** @type {Answer} */ (await answer.json());
    if (answer.status < 500 && answer.status !== 429) this.pending = { token: "", body: "" };
    if (answer.ok) await this.paid(stripe, body);
    else this.refused(answer.status, body);
  }

  /** The card as a token, or "" when a field is wrong: Stripe says so at the field. @param {Stripe} stripe */
  async token(stripe) {
    const elements = /** @type {StripeElements} */ (this.elements);
    const checked = await elements.submit();
    if (checked.error) {
      this.rest();
      if (checked.error.type !== "validation_error") this.refuse(checked.error.message ?? BROKEN);
      return "";
    }
    const made = await stripe.createConfirmationToken({
      elements,
      params: {
        payment_method_data: { billing_details: { email: this.dataset.email } },
        return_url: new URL(this.setting("status"), location.href).href,
      },
    });
    if (made.error) {
      this.refuse(made.error.type === "validation_error" ? made.error.message ?? "" : this.words.processing_error);
      return "";
    }
    return made.confirmationToken.id;
  }

  /** @param {Stripe} stripe @param {Answer} body */
  async paid(stripe, body) {
    if (body.status === "requires_action" && body.client_secret) await this.approve(stripe, body.client_secret);
    else this.go(this.setting("status"));
  }

  /** The bank asks over the page; only the server's word counts afterwards.
   * @param {Stripe} stripe @param {string} clientSecret */
  async approve(stripe, clientSecret) {
    this.work("Waiting for your bank…");
    this.bank.textContent = "Approve the payment in your banking app, then come back here.";
    const answer = await stripe.handleNextAction({ clientSecret });
    this.go(`${this.setting("status")}?returned=${answer.error ? "closed" : "answered"}`);
  }

  /** @param {number} status @param {Answer} body */
  refused(status, body) {
    if (status === 402) this.refuse(this.words[body.decline_code ?? ""] ?? this.words[""]);
    else if (status === 503) this.refuse(`We can’t take cards right now. Nothing was taken. Your places are held until ${this.setting("held-until")}. Try again in a few minutes.`);
    else if (status === 410 || body.code === "details_missing") this.go(location.href);
    else if (status === 403 || status === 409) this.go(this.setting("status"));
    else this.refuse(status >= 500 ? BROKEN : body.detail ?? BROKEN);
  }

  /* --- what the page shows ------------------------------------------------------------------------ */

  /** @param {string} words */
  work(words) {
    this.busy = true;
    document.body.dataset.paying = "";
    this.button.style.minWidth = `${this.button.offsetWidth}px`;
    this.button.setAttribute("aria-disabled", "true");
    this.button.textContent = words;
  }

  rest() {
    this.busy = false;
    delete document.body.dataset.paying;
    this.button.removeAttribute("aria-disabled");
    this.button.textContent = this.label;
    this.bank.textContent = "";
  }

  /** @param {string} words */
  refuse(words) {
    this.rest();
    /** @type {HTMLElement} */ (this.failure.querySelector("p")).textContent = words;
    this.failure.hidden = false;
    this.failure.focus();
  }

  /** @param {string} address */
  go(address) {
    this.leaving = true;
    if (address === location.href) location.reload();
    else location.assign(address);
  }
}

/** Stripe's own script, or undefined when something keeps it away. Asked for here and not in the page: its failure
 * could come before anybody listens. @param {string} address */
function arrival(address) {
  if (window.Stripe) return Promise.resolve(window.Stripe);
  const script = document.createElement("script");
  return new Promise((resolve) => {
    script.addEventListener("load", () => resolve(window.Stripe));
    script.addEventListener("error", () => resolve(undefined));
    script.src = address;
    document.head.append(script);
  });
}

/** Our tokens, resolved for the theme of the moment. @returns {Appearance} */
function appearance() {
  const probe = document.createElement("span");
  document.body.append(probe);
  /** @param {string} name */
  const token = (name) => {
    probe.style.color = `var(--c-${name})`;
    return getComputedStyle(probe).color;
  };
  const found = {
    brand: token("brand"), ink: token("ink"), soft: token("ink-2"), hint: token("ink-3"), danger: token("danger"),
    surface: token("surface"), line: token("line-strong"), accent: token("accent"),
  };
  probe.remove();
  return {
    theme: "stripe",
    variables: {
      colorPrimary: found.brand, colorText: found.ink, colorTextSecondary: found.soft, colorTextPlaceholder: found.hint,
      colorDanger: found.danger, colorBackground: found.surface, borderRadius: "10px", spacingUnit: "4px",
      fontFamily: '"Figtree Variable", Arial, sans-serif', fontSizeBase: "17px",
    },
    rules: {
      ".Input": { border: `1.5px solid ${found.line}` },
      ".Input:focus": { boxShadow: `0 0 0 5px ${found.accent}`, borderColor: found.ink },
      ".Label": { fontWeight: "600" },
    },
  };
}

function fonts() {
  const link = /** @type {HTMLLinkElement | null} */ (document.querySelector("link[as=font]"));
  return link ? [{ family: "Figtree Variable", src: `url(${link.href})`, weight: "300 900" }] : [];
}

customElements.define("stripe-pay", StripePay);
