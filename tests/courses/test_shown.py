"""What visitors are shown from the cache: quickly, never too old, and nothing is decided by it."""

import datetime as dt

import pytest
from django.core.cache import caches

from core import clock
from core.cache import codec, stats
from core.cache.http import Kept
from courses import selectors, shown
from courses.models import Booking, Course
from courses.selectors import CatalogueFilters
from courses.services import bookings
from tests.courses.make import make_hold, make_ready, make_session

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session():
    return make_session(on=clock.now().date() + dt.timedelta(days=20), capacity=12)


def every_page(client, session):
    return [
        client.get(address)
        for address in (
            "/",
            f"/courses/{session.course.slug}/",
            "/api/v1/courses/",
            f"/api/v1/courses/{session.course.slug}/",
            "/api/v1/sessions/",
            f"/api/v1/sessions/{session.pk}/",
        )
    ]


class TestPages:
    def test_ask_the_database_nothing_the_second_time(
        self, stopped, client, session, django_assert_num_queries
    ):
        first = [answer.status_code for answer in every_page(client, session)]

        with django_assert_num_queries(0):
            second = every_page(client, session)

        assert first == [answer.status_code for answer in second] == [200] * 6

    def test_show_a_hold_at_once(self, client, session):
        every_page(client, session)
        make_hold(session, places=10, now=clock.now())

        answers = [answer.content.decode() for answer in every_page(client, session)]

        assert "2 places left" in answers[0]
        assert "2 left" in answers[1]
        assert '"places_left":2' in answers[4]
        assert '"places_left":2' in answers[5]

    def test_show_the_places_of_a_hold_that_ended(self, client, session, moved):
        make_hold(session, places=12, now=clock.now())
        assert "Full" in client.get("/").content.decode()
        moved(880)
        assert "Full" in client.get("/").content.decode()

        moved(35)

        assert "Full" not in client.get("/").content.decode()

    def test_show_a_new_price_at_once(self, client, session):
        every_page(client, session)
        Course.objects.update(price_minor=10_100)

        answers = [answer.content.decode() for answer in every_page(client, session)]

        assert all("£101.00" in answer for answer in answers[:2])
        assert all('"amount":10100' in answer for answer in answers[2:])

    def test_forget_nothing_for_words_that_nobody_shows(self, client, session, stopped):
        booking = make_hold(session, now=clock.now())
        client.get("/")
        makings = stats.of("pages").read()["missed"]

        Booking.objects.filter(pk=booking.pk).update(purchase_order="PO-1")
        client.get("/")

        assert stats.of("pages").read()["missed"] == makings

    def test_forget_nothing_for_a_booking_that_keeps_its_places(self, client, session, stopped):
        booking = make_ready(session, now=clock.now())
        client.get("/")
        makings = stats.of("pages").read()["missed"]

        bookings.begin_payment(booking_id=booking.pk, now=clock.now())
        client.get("/")
        paying = stats.of("pages").read()["missed"]
        bookings.payment_abandoned(
            booking_id=booking.pk, cause="gone", now=clock.now() + dt.timedelta(hours=1)
        )
        client.get("/")

        assert paying == makings
        assert stats.of("pages").read()["missed"] == makings + 1

    def test_are_shared_only_where_they_hold_no_token(self, client, session):
        for answer in every_page(client, session):
            holds_token = b"csrfmiddlewaretoken" in answer.content
            assert ("s-maxage" in answer["Cache-Control"]) != holds_token
            assert ("private" in answer["Cache-Control"]) == holds_token
            assert ("Surrogate-Key" in answer) != holds_token
            assert holds_token or not answer.cookies

    def test_answer_304_to_who_has_them(self, client, session):
        first = client.get("/")
        again = client.get("/", headers={"If-None-Match": first["ETag"]})
        make_hold(session, places=11, now=clock.now())
        after = client.get("/", headers={"If-None-Match": first["ETag"]})

        assert (again.status_code, again.content) == (304, b"")
        assert after.status_code == 200

    def test_keep_only_addresses_that_we_know(self, client, session):
        client.get("/api/v1/courses/?utm=1")
        client.get("/api/v1/courses/?utm=2")

        assert stats.of("courses").read()["missed"] == 0


class TestHitRate:
    def test_is_over_80_per_cent_where_most_look_and_some_book(self, client, stopped):
        """The mix of the load: of 100 visits 92 look, 8 take places; each place taken forgets the pages."""
        first = clock.now().date() + dt.timedelta(days=20)
        sessions = [make_session(on=first + dt.timedelta(days=day)) for day in range(12)]
        stats.forget()
        wishes = ["/", "/", "/", "/?days=weekends", f"/courses/{sessions[0].course.slug}/", "/"]
        for number in range(200):
            if number % 25 in (9, 21):
                make_hold(sessions[number % 12], now=clock.now(), browser=f"b{number}")
            else:
                assert client.get(wishes[number % len(wishes)]).status_code == 200

        counts = [stats.of(name).read() for name in ("courses", "places", "pages")]
        hits = sum(each["local"] + each["shared"] + each["stale"] for each in counts)
        assert hits / (hits + sum(each["missed"] for each in counts)) > 0.8


class TestCourse:
    def test_is_what_the_selector_gives(self, session):
        slug = session.course.slug
        read, cached = selectors.course(slug=slug), shown.course(slug=slug)
        again = shown.course(slug=slug)

        fields = [field.attname for field in Course._meta.concrete_fields]
        assert [getattr(cached, each) for each in fields] == [
            getattr(read, each) for each in fields
        ]
        assert cached.cancellation_policy.snapshot() == read.cancellation_policy.snapshot()
        assert again is not cached

    def test_that_is_not_there_is_refused_from_memory(
        self, client, session, django_assert_num_queries
    ):
        assert client.get("/courses/nowhere/").status_code == 404
        with django_assert_num_queries(0):
            assert client.get("/courses/nowhere/").status_code == 404


class TestPoisonedCache:
    """Somebody has written lies into every layer in the middle of a checkout: the result is the same."""

    def poison(self):
        layers = caches["default"].layers
        for entry in list(layers.memory._store.copy().values()):
            text = codec.encode(self.lie(entry.read()))
            entry.text, entry.value = text, codec.decode(text) if entry.is_frozen else None
        client = layers.line.client
        for key in client.scan_iter("rft:1:*"):
            client.hset(key, "p", codec.encode(self.lie(codec.decode(client.hget(key, "p")))))

    def lie(self, value):
        if isinstance(value, Kept):
            return Kept.of("lies: £0.01, 99 places left", read_at=value.read_at)
        if isinstance(value, Course):
            value.price_minor, value.requires_certificate, value.class_size = 1, False, 999
            return value
        if isinstance(value, tuple):
            lied = [self.lie(each) if isinstance(each, tuple) else each for each in value]
            changed = value._make(lied) if hasattr(value, "_make") else tuple(lied)
            names = {"places_left": 99, "price_minor": 1}
            known = {name: lie for name, lie in names.items() if hasattr(changed, name)}
            return changed._replace(**known) if known else changed
        return value

    @pytest.mark.parametrize("poisoned", [False, True])
    def test_holds_and_prices_and_refuses_the_same(self, client, poisoned):
        session = make_session(on=clock.now().date() + dt.timedelta(days=20), capacity=3)
        every_page(client, session)
        if poisoned:
            self.poison()
            assert "lies" in client.get("/").content.decode()
        address = f"/courses/{session.course.slug}/"

        held = client.post(address, {"session": str(session.pk), "places": 2})
        refused = client.post(address, {"session": str(session.pk), "places": 2})

        assert held.status_code == 302
        assert refused.status_code in (409, 422)
        booking = Booking.objects.get()
        assert (booking.places, booking.total_minor) == (2, 2 * 9_600)
        late = bookings.extend(token=booking.token, now=clock.now())
        assert late.total_minor == 2 * 9_600

    def test_is_true_again_with_the_next_change(self, client, session):
        every_page(client, session)
        self.poison()
        make_hold(session, now=clock.now())

        assert "lies" not in client.get("/").content.decode()
        assert selectors.listed(filters=CatalogueFilters(), now=clock.now(), limit=1)
