// @ts-check
/**
 * The card fields, in the sandbox's own origin. Speaks with the page that holds the frame by
 * messages; the card's number goes from here to the sandbox's API and nowhere else.
 */
(() => {
  "use strict";

  const parentOrigin = new URLSearchParams(location.search).get("parent") ?? "";
  const form = /** @type {HTMLFormElement} */ (document.querySelector("form"));
  const brands = /** @type {HTMLElement} */ (document.querySelector(".Brands"));
  const names = ["number", "expiry", "cvc", "country", "postcode"];
  const needPostcode = new Set(["GB", "US", "CA"]);
  let showsAddress = true;

  /** @param {string} name */
  const field = (name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
  /** @param {string} text */
  const digits = (text) => text.replace(/\D/g, "");

  /** @param {string} kind @param {unknown} body */
  const tell = (kind, body) => window.parent.postMessage({ kind, body }, parentOrigin);

  /** @param {string} number */
  const brandOf = (number) => {
    if (/^3[47]/.test(number)) return "amex";
    if (/^(5[1-5]|2[2-7])/.test(number)) return "mastercard";
    return number.startsWith("4") ? "visa" : "";
  };

  /** @param {string} number */
  const luhn = (number) => {
    let total = 0;
    [...number].reverse().forEach((digit, place) => {
      const value = Number(digit) * (place % 2 ? 2 : 1);
      total += value > 9 ? value - 9 : value;
    });
    return total % 10 === 0;
  };

  const expiry = () => {
    const [month, year] = [digits(field("expiry").value).slice(0, 2), digits(field("expiry").value).slice(2, 4)];
    return { month: Number(month), year: 2000 + Number(year), whole: year.length === 2 };
  };

  /** What is wrong with a field, as code and Stripe's words; null when it is right.
   * @type {Record<string, () => [string, string] | null>} */
  const checks = {
    number: () => {
      const number = digits(field("number").value);
      const length = brandOf(number) === "amex" ? 15 : 16;
      if (number.length < length) return ["incomplete_number", "Your card number is incomplete."];
      return luhn(number) ? null : ["invalid_number", "Your card number is invalid."];
    },
    expiry: () => {
      const { month, year, whole } = expiry();
      const today = new Date();
      if (!whole) return ["incomplete_expiry", "Your card's expiration date is incomplete."];
      if (month < 1 || month > 12) return ["invalid_expiry_month_past", "Your card's expiration date is invalid."];
      const past = year * 12 + month < today.getFullYear() * 12 + today.getMonth() + 1;
      return past ? ["invalid_expiry_year_past", "Your card's expiration year is in the past."] : null;
    },
    cvc: () => {
      const length = brandOf(digits(field("number").value)) === "amex" ? 4 : 3;
      return digits(field("cvc").value).length < length
        ? ["incomplete_cvc", "Your card's security code is incomplete."] : null;
    },
    country: () => null,
    postcode: () => {
      const needed = showsAddress && needPostcode.has(field("country").value);
      return needed && field("postcode").value.trim().length < 3
        ? ["incomplete_zip", "Your postal code is incomplete."] : null;
    },
  };

  /** @param {string} name @param {string} message */
  const show = (name, message) => {
    const place = /** @type {HTMLElement} */ (document.getElementById(`${name}-error`));
    place.textContent = message;
    field(name).classList.toggle("Input--invalid", message !== "");
    field(name).setAttribute("aria-invalid", String(message !== ""));
    measure();
  };

  const measure = () => tell("height", document.documentElement.offsetHeight);

  const empty = () => ["number", "expiry", "cvc", "postcode"].every((name) => !field(name).value);
  const complete = () => names.every((name) => checks[name]() === null);
  const tellChange = () => tell("change", { empty: empty(), complete: complete() });

  /** @param {HTMLInputElement} input */
  const format = (input) => {
    const typed = digits(input.value);
    if (input.name === "number") {
      const amex = brandOf(typed) === "amex";
      const groups = amex ? [typed.slice(0, 4), typed.slice(4, 10), typed.slice(10, 15)]
        : typed.slice(0, 16).match(/.{1,4}/g) ?? [];
      input.value = groups.filter(Boolean).join(" ");
      paintBrand(brandOf(typed));
    }
    if (input.name === "expiry") {
      const padded = /^[2-9]/.test(typed) ? `0${typed}` : typed;
      const month = padded.slice(0, 2);
      input.value = padded.length > 2 ? `${month} / ${padded.slice(2, 4)}` : month;
    }
    if (input.name === "cvc") input.value = typed.slice(0, 4);
  };

  /** @param {string} brand */
  const paintBrand = (brand) => {
    if (brand) brands.dataset.brand = brand;
    else delete brands.dataset.brand;
    for (const badge of brands.querySelectorAll("span")) {
      badge.classList.toggle("Brand--selected", badge.dataset.brand === brand);
    }
  };

  const validate = () => {
    let first = null;
    for (const name of names) {
      const wrong = checks[name]();
      show(name, wrong ? wrong[1] : "");
      if (wrong && !first) first = { name, wrong };
    }
    if (!first) return {};
    field(first.name).focus();
    return { error: { type: "validation_error", code: first.wrong[0], message: first.wrong[1] } };
  };

  /** @param {any} order */
  const tokenise = async (order) => {
    const invalid = validate();
    if (invalid.error) return invalid;
    const { month, year } = expiry();
    const given = order.params.payment_method_data?.billing_details ?? {};
    const address = showsAddress
      ? { ...given.address, country: field("country").value, postal_code: field("postcode").value.trim() }
      : given.address;
    const tree = {
      payment_method_data: {
        type: "card",
        card: { number: digits(field("number").value), exp_month: month, exp_year: year, cvc: digits(field("cvc").value) },
        billing_details: { ...given, address },
      },
      return_url: order.params.return_url,
      shipping: order.params.shipping,
      setup_future_usage: order.setupFutureUsage,
      elements: order.elements,
      use_stripe_sdk: true,
    };
    const answer = await fetch("/v1/confirmation_tokens", {
      method: "POST",
      headers: { Authorization: `Bearer ${order.key}` },
      body: formOf(tree),
    });
    const body = await answer.json();
    return body.error ? { error: body.error } : { confirmationToken: body };
  };

  /** @param {Record<string, any>} tree @param {URLSearchParams} [into] @param {string} [prefix] */
  const formOf = (tree, into = new URLSearchParams(), prefix = "") => {
    for (const [name, value] of Object.entries(tree)) {
      if (value === undefined || value === null || value === "") continue;
      const path = prefix ? `${prefix}[${name}]` : name;
      if (typeof value === "object") formOf(value, into, path);
      else into.append(path, String(value));
    }
    return into;
  };

  /** Variables become custom properties, rules a sheet of our own making: no markup, no eval.
   * @param {any} appearance */
  const dress = (appearance) => {
    const root = document.documentElement;
    for (const [name, value] of Object.entries(appearance.variables ?? {})) {
      root.style.setProperty(`--${name}`, String(value));
    }
    root.style.colorScheme = appearance.theme === "night" ? "dark" : "light dark";
    const sheet = new CSSStyleSheet();
    for (const [selector, styles] of Object.entries(appearance.rules ?? {})) {
      if (!/^\.[A-Z][\w-]*(?:--\w+)?(?::{1,2}[\w-]+)?$/.test(selector)) continue;
      const rule = /** @type {CSSStyleRule} */ (sheet.cssRules[sheet.insertRule(`${selector} {}`, sheet.cssRules.length)]);
      for (const [name, value] of Object.entries(/** @type {Record<string, string>} */ (styles))) {
        rule.style.setProperty(name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), String(value));
      }
    }
    document.adoptedStyleSheets = [sheet];
  };

  /** @param {any[]} fonts */
  const load = (fonts) => {
    for (const { family, src, weight, style } of fonts) {
      if (!family || !src) continue;
      const face = new FontFace(family, src, { weight, style });
      document.fonts.add(face);
      face.load().then(measure, () => console.info(`The font ${family} could not be loaded.`));
    }
  };

  /** @param {any} order */
  const setUp = (order) => {
    dress(order.appearance);
    load(order.fonts);
    const billing = order.fields.billingDetails;
    showsAddress = billing !== "never" && billing?.address !== "never";
    for (const name of ["country", "postcode"]) {
      /** @type {HTMLElement} */ (form.querySelector(`[data-field=${name}]`)).hidden = !showsAddress;
    }
    const address = order.defaults.billingDetails?.address ?? {};
    if (address.country && !field("number").value) field("country").value = address.country;
    if (address.postal_code && !field("postcode").value) field("postcode").value = address.postal_code;
    for (const name of names) field(name).disabled = order.readOnly;
    measure();
    tell("ready", {});
  };

  /** @type {Record<string, (body: any) => unknown>} */
  const orders = {
    setup: setUp,
    validate,
    tokenise,
    focus: () => field("number").focus(),
    blur: () => /** @type {HTMLElement | null} */ (document.activeElement)?.blur(),
    clear: () => {
      form.reset();
      for (const name of names) show(name, "");
      paintBrand("");
      tellChange();
    },
  };

  window.addEventListener("message", async (message) => {
    if (message.source !== window.parent || message.origin !== parentOrigin) return;
    const { kind, body } = message.data ?? {};
    const number = body?.number;
    if (!Object.hasOwn(orders, kind)) return;
    try {
      const answer = await orders[kind](body);
      if (number) tell("answer", { number, answer });
    } catch {
      const error = { type: "api_connection_error", message: "The card details could not be sent. Try again." };
      tell("answer", { number, answer: { error } });
    }
  });

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", (event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    format(input);
    if (input.classList.contains("Input--invalid") && checks[input.name]() === null) show(input.name, "");
    tellChange();
  });
  form.addEventListener("focusin", () => tell("focus", {}));
  form.addEventListener("focusout", (event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const wrong = input.value ? checks[input.name]() : null;
    show(input.name, wrong ? wrong[1] : "");
    tell("blur", {});
  });
  new ResizeObserver(measure).observe(document.documentElement);
  tell("loaded", {});
})();
