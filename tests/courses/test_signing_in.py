"""Opening one's bookings by mail: once, in time, five tries, and the same answer for everybody."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from core.errors import Invalid
from core.mail.models import Message
from courses import visitor
from courses.models import Booking, SignIn
from courses.services import signing_in
from courses.services.bookings import CustomerDetails
from tests.courses.make import NOW, make_ready, make_session

pytestmark = pytest.mark.django_db
PAGE = "/my-bookings/"
OTHER = CustomerDetails(name="Other Person", email="other@example.com")


@pytest.fixture
def booking():
    made = make_ready(make_session(on=(NOW + timedelta(days=20)).date()), now=NOW)
    Booking.objects.filter(pk=made.pk).update(status="confirmed", confirmed_at=NOW)
    return Booking.objects.get(pk=made.pk)


@pytest.fixture
def address(booking):
    return booking.customer.email


def mailed():
    """The link's secret and the code of the newest mail."""
    text = Message.objects.order_by("-created_at", "-id").first().text
    return re.search(r"/my-bookings/([\w-]+)/", text)[1], re.search(r"asked: (\d{6})", text)[1]


def wrong(code):
    return f"{(int(code) + 1) % 10**6:06}"


class TestAsk:
    def test_mails_a_link_and_a_code(self, booking, address):
        signing_in.ask(email=address.upper(), now=NOW)
        link, code = mailed()

        assert signing_in.is_open(link=link, now=NOW)
        assert len(code) == 6

    def test_keeps_digests_alone(self, booking, address):
        signing_in.ask(email=address, now=NOW)
        link, code = mailed()

        kept = " ".join(map(str, SignIn.objects.values_list().get()))
        assert link not in kept
        assert code not in kept

    def test_a_stranger_gets_the_same_answer_and_no_mail(self, client, booking, address):
        known = client.post(PAGE, {"email": address})
        stranger = client.post(PAGE, {"email": "nobody@example.com"})

        def words(answer, email):
            html = answer.content.decode().replace(email, "…")
            return re.sub(r'value="[^"]*"', "", html)

        assert words(known, address) == words(stranger, "nobody@example.com")
        assert Message.objects.count() == 1

    def test_five_an_hour(self, booking, address):
        for _ in range(7):
            signing_in.ask(email=address, now=NOW)
        assert Message.objects.count() == 5

        signing_in.ask(email=address, now=NOW + timedelta(minutes=61))

        assert Message.objects.count() == 6

    @pytest.mark.parametrize("email", ["", "no address", "a@b\r\nBcc: c@example.com"])
    def test_refuses_what_is_no_address(self, email):
        with pytest.raises(Invalid):
            signing_in.ask(email=email, now=NOW)

        assert not SignIn.objects.exists()


class TestLink:
    def test_works_once(self, booking, address):
        signing_in.ask(email=address, now=NOW)
        link, _ = mailed()
        visit = signing_in.by_link(link=link, now=NOW)
        with pytest.raises(signing_in.LinkEnded):
            signing_in.by_link(link=link, now=NOW)

        assert signing_in.visitor(visit, now=NOW) == booking.customer.email_index

    def test_ends_after_half_an_hour(self, booking, address):
        signing_in.ask(email=address, now=NOW)
        link, _ = mailed()
        with pytest.raises(signing_in.LinkEnded):
            signing_in.by_link(link=link, now=NOW + timedelta(minutes=30))

        assert SignIn.objects.get().used_at is None


class TestCode:
    def test_opens(self, booking, address):
        asked = signing_in.ask(email=address, now=NOW)
        _, code = mailed()
        visit = signing_in.by_code(sign_in_id=asked.id, code=f" {code[:3]} {code[3:]}", now=NOW)

        assert signing_in.visitor(visit, now=NOW) == booking.customer.email_index

    def test_five_wrong_ones_close_it_for_the_right_one_too(self, booking, address):
        asked = signing_in.ask(email=address, now=NOW)
        _, code = mailed()
        for _ in range(5):
            with pytest.raises(signing_in.WrongCode):
                signing_in.by_code(sign_in_id=asked.id, code=wrong(code), now=NOW)
        with pytest.raises(signing_in.TooManyCodes):
            signing_in.by_code(sign_in_id=asked.id, code=code, now=NOW)

        assert SignIn.objects.get().used_at is None

    def test_of_another_asking_is_wrong(self, booking, address):
        signing_in.ask(email=address, now=NOW)
        _, code = mailed()
        other = signing_in.ask(email="nobody@example.com", now=NOW)
        with pytest.raises(signing_in.WrongCode):
            signing_in.by_code(sign_in_id=other.id, code=code, now=NOW)

        assert not SignIn.objects.exclude(used_at=None).exists()


class TestVisit:
    @pytest.fixture
    def visit(self, booking, address):
        signing_in.ask(email=address, now=NOW)
        return signing_in.by_link(link=mailed()[0], now=NOW)

    def test_lasts_twelve_hours(self, visit):
        assert signing_in.visitor(visit, now=NOW + timedelta(hours=11, minutes=59))
        assert signing_in.visitor(visit, now=NOW + timedelta(hours=12)) == ""

    def test_signed_out_it_opens_nothing_wherever_it_is(self, visit):
        signing_in.end(visit, now=NOW)

        assert signing_in.visitor(visit, now=NOW) == ""

    @pytest.mark.parametrize("value", ["", "x", "None"])
    def test_nobody_is_nobody(self, visit, value):
        assert signing_in.visitor(value, now=NOW) == ""


class TestPages:
    @pytest.fixture(autouse=True)
    def at_that_time(self, settings, tmp_path):
        """The doors ask the clock; here it stands in November 2026."""
        path = tmp_path / "offset"
        settings.CLOCK_OFFSET_FILE = str(path)
        path.write_text(str((NOW - datetime.now(UTC)).total_seconds()))

    def sign_in(self, client, address):
        client.post(PAGE, {"email": address})
        link, _ = mailed()
        shown = client.get(f"/my-bookings/{link}/")
        assert "Open my bookings" in shown.content.decode()
        return client.post(f"/my-bookings/{link}/")

    def test_from_the_address_to_the_booking(self, client, booking, address):
        self.sign_in(client, address)
        listed = client.get(PAGE).content.decode()

        assert booking.reference in listed
        assert f"/bookings/{booking.token}/" in listed

    def test_another_s_bookings_are_not_listed(self, client, booking, address):
        other = make_ready(
            make_session(on=(NOW + timedelta(days=22)).date()), now=NOW, customer=OTHER
        )
        Booking.objects.filter(pk=other.pk).update(status="confirmed", confirmed_at=NOW)
        self.sign_in(client, address)

        assert other.reference not in client.get(PAGE).content.decode()

    def test_whoever_proved_the_address_may_send_someone_else(self, client, booking, address):
        person = booking.attendees.first()
        at = f"/bookings/{booking.token}/attendees/{person.pk}/"
        refused = client.post(at, {"name": "Ben Ward", "email": ""})
        self.sign_in(client, address)
        done = client.post(at, {"name": "Ben Ward", "email": ""})

        assert (refused.status_code, done.status_code) == (403, 302)
        assert booking.attendees.get(pk=person.pk).name == "Ben Ward"

    def test_opening_the_link_uses_nothing_up(self, client, booking, address):
        client.post(PAGE, {"email": address})
        link, _ = mailed()
        for _ in range(3):
            client.get(f"/my-bookings/{link}/")

        assert SignIn.objects.get().used_at is None

    def test_by_the_code(self, client, booking, address):
        shown = client.post(PAGE, {"email": address}).content.decode()
        asked = re.search(r'name="asked" value="([^"]+)"', shown)[1]
        _, code = mailed()
        refused = client.post(PAGE, {"email": address, "asked": asked, "code": wrong(code)})
        done = client.post(PAGE, {"email": address, "asked": asked, "code": code})

        assert (refused.status_code, done.status_code) == (422, 302)
        assert "That code isn’t right" in refused.content.decode()
        assert booking.reference in client.get(PAGE).content.decode()

    def test_signs_out(self, client, booking, address):
        self.sign_in(client, address)
        visit = client.cookies[visitor.COOKIE].value
        client.post("/my-bookings/sign-out/")
        client.cookies[visitor.COOKIE] = visit

        assert booking.reference not in client.get(PAGE).content.decode()

    @pytest.mark.parametrize("link", ["x", "0" * 32])
    def test_an_unknown_link_says_so(self, client, link):
        answer = client.get(f"/my-bookings/{link}/")

        assert answer.status_code == 410
        assert "too old" in answer.content.decode()

    def test_links_for_many_addresses_end(self, client, db, settings):
        """Whoever tries address after address is stopped, whether there are bookings for them or not."""
        settings.RATE_LIMITS = {**settings.RATE_LIMITS, "links_asked": "3/h"}

        answers = [
            client.post(
                "/my-bookings/", {"email": f"a{number}@example.com"}, REMOTE_ADDR="198.51.100.22"
            )
            for number in range(4)
        ]

        assert [each.status_code for each in answers] == [200, 200, 200, 429]
        assert "Too many tries" in answers[3].content.decode()
