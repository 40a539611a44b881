"""Answers that must not leak: pages behind a secret link, and the pages that talk to the payment company."""

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django_htmx.middleware import HtmxDetails

View = Callable[..., HttpResponseBase]


class HtmxRequest(HttpRequest):
    """As the middleware of htmx hands it on."""

    htmx: HtmxDetails


def go_to(request: HtmxRequest, address: str) -> HttpResponse:
    """A redirect that a polling fragment understands too."""
    if request.htmx:
        return HttpResponse(headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


STRIPE = {
    "script-src": ["https://js.stripe.com", "https://*.js.stripe.com"],
    "frame-src": ["https://js.stripe.com", "https://*.js.stripe.com", "https://hooks.stripe.com"],
    "connect-src": ["https://api.stripe.com"],
}


def by_secret_link(view: View) -> View:
    """The address is the key: no Referer carries it on, no index finds it, no cache keeps what it shows."""

    @functools.wraps(view)
    def private(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        # Not "no-referrer": browsers then post forms with a null Origin, which the CSRF check must refuse.
        response.headers["Referrer-Policy"] = "strict-origin"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers["Cache-Control"] = "private, no-store"
        return response

    return private


def with_payment_origins(view: View) -> View:
    """The payment company's script, frames and calls, on the pages that need them and nowhere else."""

    @functools.wraps(view)
    def allowed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response._csp_update = payment_origins()  # type: ignore[attr-defined]
        # Wallets and bank pages open windows that report back to this one.
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
        return response

    return allowed


def payment_origins() -> dict[str, list[str]]:
    """Stripe's own origins, or the one of whatever stands in for it."""
    address = urlsplit(settings.STRIPE_JS_URL)
    if address.hostname == "js.stripe.com":
        return STRIPE
    origin = f"{address.scheme}://{address.netloc}"
    return {directive: [origin] for directive in STRIPE}
