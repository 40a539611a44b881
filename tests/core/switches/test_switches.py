"""A switch is on with a reason and a name, tells staff on every page, and stops exactly what it says."""

import datetime as dt

import pytest
from django.conf import settings as site
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from core import clock
from core.audit import selectors as audit
from core.errors import Invalid
from core.switches import memory, services
from core.switches.memory import Name
from core.switches.models import SwitchOrder
from courses import browser
from courses.models import Booking
from courses.services.refusals import SellingStopped
from fraud.services import assessments
from payments.models import Payment
from payments.services import checkout
from payments.services.refusals import PaymentsUnavailable
from tests.core.backoffice import staff
from tests.courses.make import make_expired, make_hold, make_ready, make_session
from tests.fraud.builders import NOW, subject, usual_payments

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _all_off():
    memory._orders = {}
    yield
    memory._orders = {}


def turn(name, on=True, **rest):
    given = {"reason": "Water in the office", "actor": "staff:1", "now": clock.now()} | rest
    order = services.switch(name=name, on=on, **given)
    memory.read()
    return order


class TestSwitch:
    def test_is_on_until_it_ends_or_is_switched_off(self):
        now = clock.now()
        turn(Name.CARDS, until=now + dt.timedelta(hours=1))
        turn(Name.SELLING)

        assert memory.is_on(Name.CARDS)
        assert not memory.is_on(Name.CARDS, now=now + dt.timedelta(hours=1))
        assert memory.is_on(Name.SELLING, now=now + dt.timedelta(days=300))
        turn(Name.SELLING, on=False)
        assert not memory.is_on(Name.SELLING)
        said = [each.action for each in audit.history("switches.switch:stop-selling")]
        assert said == ["switched on", "switched off"]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"reason": "  "},
            {"reason": "x" * 201},
            {"until": NOW},
            {"until": NOW.replace(year=2099)},
        ],
    )
    def test_refuses_no_reason_and_no_real_end(self, wrong):
        with pytest.raises(Invalid):
            turn(Name.SELLING, **wrong)

        assert not SwitchOrder.objects.exists()

    def test_what_was_switched_is_never_rewritten(self):
        turn(Name.SELLING)

        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {connection.ops.quote_name(site.DB_APP_ROLE)}")
            SwitchOrder.objects.update(reason="Nothing")


class TestWhatTheyStop:
    def test_selling_stops_new_holds_and_lets_old_ones_pay(self, client):
        session = make_session()
        make_hold(session)
        turn(Name.SELLING)

        with pytest.raises(SellingStopped):
            make_hold(session)
        answer = client.post(
            "/api/v1/bookings/",
            {"session": str(session.pk), "places": 1},
            content_type="application/json",
            headers={"Idempotency-Key": "a-key-of-sixteen-letters"},
        )

        assert (answer.status_code, answer.json()["code"]) == (503, "selling_stopped")
        assert Booking.objects.count() == 1
        turn(Name.SELLING, on=False)
        held = make_ready(session)
        turn(Name.SELLING)
        assert held.status == "held"
        assert _pays(held)

    @pytest.mark.parametrize("until", [None, dt.timedelta(hours=1)])
    def test_selling_tells_it_on_the_pages_that_sell(self, client, until):
        session = make_session(on=clock.now().date() + dt.timedelta(days=20))
        pages = ("/", f"/courses/{session.course.slug}/", f"/sessions/{session.pk}/book/",
                 f"/sessions/{session.pk}/waiting-list/")  # fmt: skip
        words = "We’re not taking new bookings online right now."
        assert not any(words in client.get(page).content.decode() for page in pages)

        turn(Name.SELLING, until=until and clock.now() + until)

        said = [client.get(page).content.decode() for page in pages]
        assert all(words in each for each in said)
        assert all(("Try again after" in each) == bool(until) for each in said)
        assert "Water in the office" not in "".join(said)
        turn(Name.SELLING, on=False)
        assert words not in client.get("/").content.decode()

    def test_selling_refuses_a_choice_and_keeps_it(self, client):
        session = make_session(on=clock.now().date() + dt.timedelta(days=20))
        turn(Name.SELLING)

        answer = client.post(
            f"/sessions/{session.pk}/book/", {"session": str(session.pk), "places": "7"}
        )

        page = answer.content.decode()
        assert answer.status_code == 503
        assert "Bookings already made are safe. Try again later, or call us." in page
        assert 'value="7"' in page
        assert not Booking.objects.exists()

    def test_selling_holds_no_ended_places_again(self, client):
        booking = make_expired(now=clock.now() - dt.timedelta(hours=1), browser="b" * 32,
                               session=make_session(on=clock.now().date() + dt.timedelta(days=20)))  # fmt: skip
        client.cookies[browser.COOKIE] = "b" * 32
        turn(Name.SELLING)

        answer = client.post(f"/bookings/{booking.token}/renew/")

        assert answer.status_code == 503
        assert "Everything you typed is kept" in answer.content.decode()

    def test_cards_stop_new_payments_before_a_row_is_written(self):
        booking = make_ready()
        turn(Name.CARDS)

        with pytest.raises(PaymentsUnavailable):
            checkout.pay(token=booking.token, confirmation_token="ctoken_1", now=NOW)

        booking.refresh_from_db()
        assert booking.status == "held"
        assert not Payment.objects.exists()

    def test_everything_goes_to_a_person_and_says_so(self):
        usual_payments()
        assert assessments.assess(subject=subject(), now=NOW).band == "low"
        turn(Name.REVIEW)

        judged = assessments.assess(subject=subject(), now=NOW)

        assert judged.band == "medium"
        assert "Everything is sent to a person" in str(judged.readings)

    def test_maintenance_shows_customers_one_page_and_staff_all(self, client):
        until = clock.now() + dt.timedelta(hours=1)
        turn(Name.MAINTENANCE, until=until)

        page, api = client.get("/"), client.get("/api/v1/courses/")

        assert page.status_code == api.status_code == 503
        assert "Back in a few minutes" in page.content.decode()
        assert "until about" in page.content.decode()
        assert 3500 < int(page.headers["Retry-After"]) <= 3600
        assert api.json()["code"] == "maintenance"
        assert client.get("/livez").status_code == 200
        assert client.get("/admin/login/").status_code == 200


class TestPage:
    def test_the_office_reads_and_an_approver_switches(self):
        office, approver = Client(), Client()
        office.force_login(staff.of_role("office"))
        approver.force_login(staff.of_role("approver"))
        console = reverse("admin:switches_switchorder_changelist")
        page = reverse("admin:switches_switchorder_turn", args=["stop-selling"])

        assert "Needs an approver" in office.get(console).content.decode()
        assert office.post(page, {"turn": "on", "reason": "x"}).status_code == 403
        empty = approver.post(page, {"turn": "on", "reason": "", "minutes": "60"})
        assert empty.status_code == 200
        assert not SwitchOrder.objects.exists()

        approver.post(page, {"turn": "on", "reason": "Water <b>in</b>", "minutes": "60"})

        band = office.get(console).content.decode()
        assert "Selling is stopped until" in band
        assert "Water &lt;b&gt;in&lt;/b&gt;" in band


def _pays(booking):
    from courses.services import bookings

    return bookings.begin_payment(booking_id=booking.pk, now=NOW).status == "paying"
