"""What fraud is given to judge: everything that is known, and nothing that was made up."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from courses.models.booking import browser_digest
from fraud.subject import Subject
from fraud.subject import keys as subject_keys
from payments.gateways.base import Card, ConfirmationToken
from payments.models import Payment
from payments.services import checkout, subjects
from tests.courses.make import CUSTOMER
from tests.payments import make

pytestmark = pytest.mark.django_db(transaction=True)

PRINT = "ab" * 32
BROWSER = "b" * 32
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
HINTS = {"fingerprint": PRINT, "webdriver": False, "seconds_on_form": 41, "language": "en-GB"}
TOKEN = ConfirmationToken(
    id="ctoken_1", type="card", card=Card(brand="visa", country="FR", funding="prepaid"),
    email="ada@example.com", billing_country="FR", billing_postcode="75001",
)  # fmt: skip


def judged(
    now: Any, device: dict[str, Any], *, user_agent: str = FIREFOX, **fields: Any
) -> Subject:
    """The subject of a payment that came with these hints."""
    payment = Payment.begin(
        booking_id=make.ready(now=now, browser=BROWSER, **fields).id,
        amount=make.session(now=now).course.price,
        confirmation_token=f"ctoken_{len(device)}",
        address="81.2.69.142",
        device=checkout._device(device, user_agent),
        now=now,
    )
    return subjects.before(payment, TOKEN, now=now)


class TestBefore:
    def test_says_all_that_is_known(self, now):
        subject = judged(now, HINTS, places=2)

        assert subject.device == browser_digest(BROWSER)
        assert (subject.webdriver, subject.seconds_on_form) == (False, 41)
        assert subject.user_agent == FIREFOX
        assert subject.address == "81.2.69.142"
        assert (subject.email, subject.phone) == (CUSTOMER.email, CUSTOMER.phone)
        assert subject.attendee_emails == ("person1@example.com", "person2@example.com")
        assert subject.card is not None
        assert (subject.card.country, subject.card.funding) == ("FR", "prepaid")
        assert (subject.billing_country, subject.venue_country) == ("FR", "GB")
        assert subject.billing_region == "75"
        assert not subject.company

    def test_knows_a_firm(self, now):
        firm = replace(CUSTOMER, company="Example Joinery Ltd")

        assert judged(now, HINTS, customer=firm).company

    def test_takes_the_device_from_the_cookie_and_never_from_what_was_sent(self, now):
        subject = judged(now, {"id": "someone else"})

        assert subject.device == browser_digest(BROWSER)

    def test_what_the_browser_did_not_say_is_unknown(self, now):
        subject = judged(now, {}, user_agent="")

        assert subject.fingerprint == subject.user_agent == ""
        assert subject.webdriver is subject.seconds_on_form is None

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("webdriver", "false"),
            ("webdriver", 0),
            ("seconds_on_form", True),
            ("seconds_on_form", "41"),
            ("seconds_on_form", -1),
            ("seconds_on_form", 86_401),
        ],
    )
    def test_believes_no_value_of_another_kind(self, now, name, value):
        subject = judged(now, {name: value})

        assert subject.webdriver is subject.seconds_on_form is None


class TestFingerprint:
    def test_is_one_for_one_browser(self, now):
        one, other = judged(now, HINTS), judged(now, HINTS | {"screen": "1x1"})

        assert one.fingerprint == other.fingerprint != ""

    def test_is_another_for_another_salt(self, now, settings):
        one = judged(now, HINTS).fingerprint
        settings.HASH_SALT = "another salt, long enough for the check"

        assert judged(now, HINTS | {"screen": "1x1"}).fingerprint != one

    def test_is_never_kept_as_it_came(self, now):
        judged(now, HINTS)

        payment = Payment.objects.get()
        assert PRINT not in str(payment.device)
        with connection.cursor() as cursor:
            cursor.execute("SELECT device::text FROM payments_payment")
            assert PRINT not in cursor.fetchone()[0]


class TestAfter:
    def test_has_the_same_keys_of_the_bill_as_before_it(self, now):
        before = judged(now, HINTS)
        region = before.billing_region

        payment = Payment.objects.get()
        after = subjects.after(payment, billing_country="FR", billing_region=region, now=now)

        assert subject_keys(after)["region"] == subject_keys(before)["region"]
