// @ts-check
/**
 * A stand-in for Stripe.js, for the sandbox: `window.Stripe` with the Payment Element, whose card
 * fields live in a frame of the sandbox's own origin. Card numbers never reach this script.
 * The shop's page needs no more rights than for the real one: styles are set through the DOM only.
 *
 * @typedef {import("@stripe/stripe-js").Stripe} Stripe
 * @typedef {import("@stripe/stripe-js").StripeError} StripeError
 * @typedef {import("@stripe/stripe-js").StripeElementsOptionsMode} Options
 * @typedef {import("@stripe/stripe-js").StripePaymentElementOptions} ElementOptions
 * @typedef {import("@stripe/stripe-js").PaymentIntent} PaymentIntent
 * @typedef {import("@stripe/stripe-js").PaymentIntentResult} PaymentIntentResult
 * @typedef {import("@stripe/stripe-js").ConfirmationTokenResult} ConfirmationTokenResult
 * @typedef {{error?: undefined, selectedPaymentMethod: string} | {error: StripeError}} Submitted
 * @typedef {(event: any) => any} Handler
 */
(() => {
  "use strict";

  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const origin = new URL(script.src).origin;
  const loadSecondsMax = 15;
  const unreachable = "We are experiencing issues connecting to our payments provider. " +
    "Please check your internet connection and try again.";

  /** @param {string} message @returns {StripeError} */
  const connectionError = (message) => ({ type: "api_connection_error", message });

  /** Brackets as Stripe's wire has them: {a: {b: 1}} becomes a[b]=1.
   * @param {Record<string, any>} tree @param {URLSearchParams} [into] @param {string} [prefix] */
  const formOf = (tree, into = new URLSearchParams(), prefix = "") => {
    for (const [name, value] of Object.entries(tree)) {
      if (value === undefined || value === null) continue;
      const path = prefix ? `${prefix}[${name}]` : name;
      if (typeof value === "object") formOf(value, into, path);
      else into.append(path, String(value));
    }
    return into;
  };

  /** @param {string} key @param {string} method @param {string} path @param {Record<string, any>} params
   * @returns {Promise<any>} the object, or `{error}` */
  const call = async (key, method, path, params) => {
    const form = formOf(params);
    const query = method === "GET" ? `?${form}` : "";
    try {
      const answer = await fetch(`${origin}/v1/${path}${query}`, {
        method,
        headers: { Authorization: `Bearer ${key}` },
        body: method === "GET" ? undefined : form,
      });
      return await answer.json();
    } catch {
      return { error: connectionError(unreachable) };
    }
  };

  class Emitter {
    constructor() {
      /** @type {Map<string, Set<Handler>>} */
      this.handlers = new Map();
    }

    /** @param {string} name @param {Handler} handler */
    on(name, handler) {
      const known = this.handlers.get(name) ?? new Set();
      this.handlers.set(name, known.add(handler));
      return this;
    }

    /** @param {string} name @param {Handler} handler */
    once(name, handler) {
      /** @type {Handler} */
      const first = (event) => {
        this.off(name, first);
        handler(event);
      };
      return this.on(name, first);
    }

    /** @param {string} name @param {Handler} [handler] */
    off(name, handler) {
      if (handler) this.handlers.get(name)?.delete(handler);
      else this.handlers.delete(name);
      return this;
    }

    /** @param {string} name @param {Record<string, any>} event */
    emit(name, event) {
      for (const handler of [...(this.handlers.get(name) ?? [])]) handler(event);
    }
  }

  /** The Payment Element: a frame with the card fields, and the messages to and from it. */
  class PaymentElement extends Emitter {
    /** @param {Elements} elements @param {ElementOptions} options */
    constructor(elements, options) {
      super();
      this.elements = elements;
      this.options = options;
      /** @type {HTMLIFrameElement | null} */
      this.frame = null;
      /** @type {Map<number, (answer: any) => void>} */
      this.waiting = new Map();
      this.asked = 0;
      this.hear = this.hear.bind(this);
    }

    /** @param {string | HTMLElement} target */
    mount(target) {
      const place = typeof target === "string" ? document.querySelector(target) : target;
      if (!place) throw new Error(`The selector you specified (${target}) applies to no DOM elements.`);
      const frame = document.createElement("iframe");
      frame.title = "Secure payment input frame";
      frame.name = "payment-element";
      frame.src = `${origin}/js/card-frame?parent=${encodeURIComponent(location.origin)}`;
      frame.allow = "payment *";
      Object.assign(frame.style, { border: "0", width: "100%", height: "280px", display: "block" });
      frame.addEventListener("load", () => this.watchLoading());
      window.addEventListener("message", this.hear);
      place.replaceChildren(frame);
      this.frame = frame;
      this.lateAfter = window.setTimeout(() => this.fail(), loadSecondsMax * 1000);
    }

    unmount() {
      window.removeEventListener("message", this.hear);
      window.clearTimeout(this.lateAfter);
      this.frame?.remove();
      this.frame = null;
    }

    destroy() {
      this.unmount();
      this.elements.payment = null;
    }

    /** @param {Partial<ElementOptions>} options */
    update(options) {
      this.options = { ...this.options, ...options };
      this.tell("setup", this.setup());
    }

    focus() { this.tell("focus", {}); }
    blur() { this.tell("blur", {}); }
    clear() { this.tell("clear", {}); }
    collapse() { this.tell("blur", {}); }

    /** A frame that loaded but is not ours (blocked, an error page) never says that it is ready. */
    watchLoading() {
      window.setTimeout(() => { if (!this.ready) this.fail(); }, 3000);
    }

    fail() {
      if (this.ready || this.failed || !this.frame) return;
      this.failed = true;
      this.emit("loaderror", { elementType: "payment", error: connectionError("The card form could not be loaded.") });
    }

    setup() {
      return {
        appearance: this.elements.options.appearance ?? {},
        fonts: this.elements.options.fonts ?? [],
        fields: this.options.fields ?? {},
        defaults: this.options.defaultValues ?? {},
        readOnly: this.options.readOnly ?? false,
      };
    }

    /** @param {MessageEvent} message */
    hear(message) {
      if (message.origin !== origin || message.source !== this.frame?.contentWindow) return;
      const { kind, body } = message.data ?? {};
      if (kind === "loaded") this.tell("setup", this.setup());
      else if (kind === "height" && this.frame) this.frame.style.height = `${Math.ceil(Number(body))}px`;
      else if (kind === "answer") this.waiting.get(body.number)?.(body.answer);
      else if (kind === "ready") this.becomeReady();
      else if (kind === "change") this.emit("change", { elementType: "payment", collapsed: false, ...body, value: { type: "card" } });
      else if (kind === "focus" || kind === "blur") this.emit(kind, { elementType: "payment" });
    }

    becomeReady() {
      if (this.ready) return;
      this.ready = true;
      window.clearTimeout(this.lateAfter);
      this.emit("ready", { elementType: "payment" });
    }

    /** @param {string} kind @param {Record<string, any>} body */
    tell(kind, body) {
      this.frame?.contentWindow?.postMessage({ kind, body }, origin);
    }

    /** @param {string} kind @param {Record<string, any>} body @returns {Promise<any>} */
    ask(kind, body) {
      if (!this.frame) return Promise.resolve({ error: { type: "invalid_request_error", message: "The Payment Element is not mounted." } });
      this.asked += 1;
      const number = this.asked;
      return new Promise((resolve) => {
        this.waiting.set(number, (answer) => {
          this.waiting.delete(number);
          resolve(answer);
        });
        this.tell(kind, { ...body, number });
      });
    }
  }

  /** The wallets' buttons on a device that has no wallet: ready, and nothing to show. */
  class NoWallets extends Emitter {
    mount() {
      queueMicrotask(() => this.emit("ready", { elementType: "expressCheckout", availablePaymentMethods: undefined }));
    }

    unmount() {}
    destroy() {}
    update() {}
  }

  class Elements {
    /** @param {Options} options */
    constructor(options) {
      this.options = options;
      /** @type {PaymentElement | null} */
      this.payment = null;
    }

    /** @param {"payment" | "expressCheckout"} type @param {ElementOptions} [options] */
    create(type, options) {
      if (type === "expressCheckout") return new NoWallets();
      if (type !== "payment") throw new Error(`The sandbox has no ${type} element.`);
      if (this.payment) throw new Error("Can only create one Element of type payment through elements.create().");
      this.payment = new PaymentElement(this, options ?? {});
      return this.payment;
    }

    /** @param {"payment"} type */
    getElement(type) {
      return type === "payment" ? this.payment : null;
    }

    /** @param {Partial<Options>} options */
    update(options) {
      this.options = /** @type {Options} */ ({ ...this.options, ...options });
      this.payment?.tell("setup", this.payment.setup());
    }

    /** @returns {Promise<{error?: {message: string, status?: string}}>} */
    async fetchUpdates() {
      return {};
    }

    /** Checks the fields and shows what is wrong with them. @returns {Promise<Submitted>} */
    async submit() {
      if (!this.payment) return { error: { type: "invalid_request_error", message: "There is no Payment Element." } };
      const answer = await this.payment.ask("validate", {});
      return answer.error ? { error: answer.error } : { selectedPaymentMethod: "card" };
    }
  }

  /** A dialog over the page with the bank's own page in it. @param {string} url @returns {Promise<void>} */
  const showChallenge = (url) => new Promise((resolve) => {
    const dialog = document.createElement("dialog");
    const frame = document.createElement("iframe");
    dialog.setAttribute("aria-label", "Approve the payment with your bank");
    Object.assign(dialog.style, { border: "0", padding: "0", borderRadius: "12px", width: "min(30rem, 94vw)", height: "min(36rem, 90vh)", overflow: "hidden" });
    Object.assign(frame.style, { border: "0", width: "100%", height: "100%", display: "block" });
    frame.title = "Approve the payment with your bank";
    frame.name = "bank-approval";
    frame.src = `${url}&frame=${encodeURIComponent(location.origin)}`;
    dialog.append(frame);
    /** @param {MessageEvent} message */
    const hear = (message) => {
      if (message.origin === origin && message.source === frame.contentWindow && message.data?.kind === "answered") end();
    };
    let open = true;
    const end = () => {
      open = false;
      window.removeEventListener("message", hear);
      dialog.close();
      dialog.remove();
      resolve();
    };
    // Escape may close the dialog before anybody can object: the bank's page then still has to hear of it.
    dialog.addEventListener("close", () => {
      if (open) frame.contentWindow?.postMessage({ kind: "close" }, origin);
    });
    window.addEventListener("message", hear);
    document.body.append(dialog);
    dialog.showModal();
  });

  /** @param {string} clientSecret */
  const idOf = (clientSecret) => clientSecret.split("_secret_")[0];

  /** @param {any} found @returns {PaymentIntentResult} */
  const resultOf = (found) => {
    if (found.error) return { error: found.error };
    const failed = found.status === "requires_payment_method" && found.last_payment_error;
    return failed ? { error: { ...found.last_payment_error, payment_intent: found } } : { paymentIntent: found };
  };

  /** @param {string} key */
  const stripeFor = (key) => {
    /** @param {string} clientSecret */
    const read = (clientSecret) =>
      call(key, "GET", `payment_intents/${idOf(clientSecret)}`, { client_secret: clientSecret });

    /** @param {any} intent @param {string} clientSecret @returns {Promise<PaymentIntentResult>} */
    const carryOut = async (intent, clientSecret) => {
      if (intent.error || intent.status !== "requires_action") return resultOf(intent);
      const action = intent.next_action;
      if (action.type === "redirect_to_url") {
        window.location.assign(action.redirect_to_url.url);
        return new Promise(() => {});
      }
      await showChallenge(action.use_stripe_sdk.stripe_js);
      return resultOf(await read(clientSecret));
    };

    /** @type {Stripe["createConfirmationToken"]} */
    const createConfirmationToken = async ({ elements, params }) => {
      const made = /** @type {Elements} */ (/** @type {unknown} */ (elements));
      if (!made?.payment) return { error: { type: "invalid_request_error", message: "There is no Payment Element." } };
      const { mode, amount, currency, captureMethod, setupFutureUsage } = /** @type {any} */ (made.options);
      const answer = await made.payment.ask("tokenise", {
        key,
        params: params ?? {},
        elements: { mode, amount, currency, capture_method: captureMethod ?? "automatic_async" },
        setupFutureUsage,
      });
      return answer.error ? { error: answer.error } : { confirmationToken: answer.confirmationToken };
    };

    /** @type {Stripe["handleNextAction"]} */
    const handleNextAction = async (options) => {
      const { clientSecret } = /** @type {{clientSecret: string}} */ (options);
      return carryOut(await read(clientSecret), clientSecret);
    };

    /** @type {Stripe["retrievePaymentIntent"]} */
    const retrievePaymentIntent = async (clientSecret) => {
      const found = await read(clientSecret);
      return found.error ? { error: found.error } : { paymentIntent: found };
    };

    /** @param {any} options @returns {Promise<PaymentIntentResult>} */
    const confirmPayment = async ({ elements, clientSecret, confirmParams = {}, redirect = "always" }) => {
      const secret = clientSecret ?? elements.options.clientSecret;
      const params = { confirmation_token: confirmParams.confirmation_token };
      if (!params.confirmation_token) {
        const token = await createConfirmationToken({ elements, params: { payment_method_data: confirmParams.payment_method_data, return_url: confirmParams.return_url } });
        if (token.error) return { error: token.error };
        params.confirmation_token = token.confirmationToken.id;
      }
      const confirmed = await call(key, "POST", `payment_intents/${idOf(secret)}/confirm`, {
        ...params, client_secret: secret, return_url: confirmParams.return_url, use_stripe_sdk: true,
      });
      const result = await carryOut(confirmed, secret);
      if (result.error || redirect === "if_required") return result;
      const back = new URL(confirmParams.return_url);
      back.searchParams.set("payment_intent", result.paymentIntent.id);
      back.searchParams.set("payment_intent_client_secret", secret);
      back.searchParams.set("redirect_status", "succeeded");
      window.location.assign(back);
      return new Promise(() => {});
    };

    return {
      /** @param {Options} [options] */
      elements: (options) => new Elements(options ?? /** @type {Options} */ ({})),
      createConfirmationToken,
      handleNextAction,
      retrievePaymentIntent,
      confirmPayment,
      registerAppInfo: () => {},
      _apiKey: key,
    };
  };

  /** @param {string} key @param {Record<string, any>} [_options] */
  const Stripe = (key, _options) => {
    if (!key.startsWith("pk_")) {
      throw new Error("You should not use your secret key with Stripe.js. Please pass a publishable key instead.");
    }
    return stripeFor(key);
  };
  Stripe.version = "sandbox";

  Object.assign(window, { Stripe });
})();
