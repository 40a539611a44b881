// @ts-check
/**
 * What the stand-in says it gives must be what Stripe's types promise. Never run: only the type checker reads it.
 *
 * @typedef {import("@stripe/stripe-js").Stripe} Stripe
 * @typedef {import("@stripe/stripe-js").StripeElements} StripeElements
 * @typedef {import("@stripe/stripe-js").StripePaymentElement} StripePaymentElement
 */

/** The names that the stand-in has, each of which Stripe's types must know.
 * @type {(keyof Stripe)[]} */
export const stripe = [
  "elements", "createConfirmationToken", "handleNextAction", "retrievePaymentIntent", "confirmPayment", "registerAppInfo",
];

/** @type {(keyof StripeElements)[]} */
export const elements = ["create", "getElement", "update", "fetchUpdates", "submit"];

/** @type {(keyof StripePaymentElement)[]} */
export const paymentElement = [
  "mount", "unmount", "destroy", "on", "once", "off", "update", "focus", "blur", "clear", "collapse",
];
