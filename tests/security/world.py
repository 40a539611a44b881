"""One of everything that an address may name, and who may knock."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.auth.models import User
from django.test import Client

from core import clock
from core.sagas.models import SagaRun
from courses import new_dates
from courses.models import Booking, Course, CourseSession, Customer, DatesWish
from courses.models.booking import browser_digest
from fraud.models import BlacklistEntry
from fraud.selectors import ReviewCase
from fraud.services import lists
from invoicing.models import Document
from payments.models import Dispute, Payment, Refund
from tests.core.backoffice.staff import of_role
from tests.core.invariants import world as shop
from tests.courses.make import make_ready, make_session, make_venue
from tests.functional.backoffice import reviewed

BROWSER, ANOTHER = "b" * 32, "x" * 32
NOBODY = UUID(int=0)
OF_SOLD = ("document", "invoice", "cancel", "attendee")
__all__ = ["Customer", "Document"]

ROLES = ("office", "approver", "ops", "owner")
STAFF = ("new", *ROLES)
ACTORS = ("guest", "another", "booker", *STAFF)


@dataclass
class World:
    """Rows to fill addresses with."""

    held: Booking
    sold: Booking

    def values(self, name: str) -> dict[str, Any]:
        """What stands in an address's places; a row that nobody made is asked for by a key that nobody has."""
        booking = self.sold if any(word in name for word in OF_SOLD) else self.held
        return {
            "token": DatesWish.objects.values_list("token", flat=True)[0]
            if name == "courses:wish"
            else booking.token,
            "slug": Course.objects.values_list("slug", flat=True)[0],
            "session_id": CourseSession.objects.values_list("pk", flat=True)[0],
            "label": Document.objects.order_by("issued_at")[0].label,
            "case_id": _first(ReviewCase),
            "payment_id": Payment.objects.filter(status="succeeded").values_list("pk", flat=True)[
                0
            ],
            "refund_id": _first(Refund),
            "document_id": _first(Document),
            "entry_id": _first(BlacklistEntry),
            "attendee_id": booking.attendees.values_list("pk", flat=True)[0],
            "run_id": _first(SagaRun),
            "stray_id": NOBODY,
            "warning_id": NOBODY,
            "policy_id": NOBODY,
            "dispute_id": _first(Dispute),
            "weight_set_id": NOBODY,
            "name": "money-by-month" if "report" in name else "stripe-reads",
            "act": "try-again",
            "state": "adopt",
            "id": User.objects.values_list("pk", flat=True).first() or 0,
            "app_label": "courses",
            "url": "no-such-page",
            "content_type_id": "1",
            "object_id": str(NOBODY),
        }


def build() -> World:
    shop.build()
    reviewed.case()
    now = clock.now()
    sold = Booking.objects.filter(status="confirmed").order_by("created_at")[0]
    Booking.objects.filter(pk=sold.pk).update(browser=browser_digest(BROWSER))
    held = make_ready(
        make_session(on=(now + dt.timedelta(days=33)).date(), venue=make_venue("elsewhere")),
        browser=BROWSER,
        now=now,
    )
    lists.add(
        kind="email", value="bad@example.net", effect="block", reason="a test", until=None,
        actor="staff:1", now=now, own_address="127.0.0.1",
    )  # fmt: skip
    new_dates.ask(email="wish@example.org", course=None, now=now)
    return World(held=held, sold=sold)


def row_of(model: str) -> Any:
    """The key of some row of app.model, else one that no row has."""
    found: type = apps.get_model(model)
    return _first(found)


def client_of(actor: str) -> Client:
    """`another` has the link of somebody else's booking; `new` is a member of staff without any role."""
    client = Client(raise_request_exception=False)
    client.cookies["rft_browser"] = BROWSER if actor == "booker" else ANOTHER
    if actor == "guest":
        client.cookies.clear()
    elif actor == "new":
        client.force_login(User.objects.create_user("new-person", is_staff=True))
    elif actor in ROLES:
        client.force_login(of_role(actor))
    return client


def _first(model: Any) -> Any:
    if not model._meta.managed:
        return NOBODY
    key = model.objects.values_list("pk", flat=True).first()
    if key is not None:
        return key
    return NOBODY if isinstance(model._meta.pk.to_python(NOBODY), UUID) else 0
