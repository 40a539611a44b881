"""A process that reports to Sentry: a page that fails with people in its hands. Run by test_sentry."""

import logging
import os
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
django.setup()

import sentry_sdk  # noqa: E402
import structlog  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.test import RequestFactory, override_settings  # noqa: E402
from django.urls import include, path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402

from core.tracing import propagation  # noqa: E402

NAME, EMAIL, CARD, TOKEN = sys.argv[1:5]


@csrf_exempt
def failing(request, token):
    customer = {"name": NAME, "email": EMAIL, "card": CARD}
    logging.getLogger("shop").warning("looked at %s of %s", EMAIL, token)
    sentry_sdk.set_user({"email": EMAIL, "username": NAME})
    sentry_sdk.set_tag("link", f"/bookings/{token}/")
    sentry_sdk.set_extra("customer", customer)
    sentry_sdk.set_context("customer", {"email": EMAIL, "name": NAME})
    try:
        int(NAME)
    except ValueError as error:
        raise LookupError(f"no card {CARD} of {customer!r}") from error


urlpatterns = [path("bookings/<token>/", failing), path("", include("config.urls"))]

with override_settings(ROOT_URLCONF=__name__):
    order = RequestFactory(SERVER_NAME="127.0.0.1").post(
        f"/bookings/{TOKEN}/?email={EMAIL}",
        {"name": NAME, "card": CARD, "email": EMAIL},
        headers={"Authorization": f"Bearer {TOKEN}", "Cookie": f"rft_browser={TOKEN}"},
    )
    # The server's own door, where the library looks at requests.
    get_wsgi_application()(order.environ, lambda _status, _headers: None)
with propagation.attach(None):
    structlog.get_logger("shop").error("charge_failed", card=CARD, to=EMAIL)
    sentry_sdk.capture_message(f"{EMAIL} paid with {CARD}")
sentry_sdk.flush(5)
