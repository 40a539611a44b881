"""What customers did, by name: told by answers and events, kept a year, shown as the way from looking to paid."""

import datetime as dt
import os
import re
from pathlib import Path

import pytest

from core import clock
from core.performance import measures, recorder, roll_up, tasks
from core.performance.models import Measurement
from payments.probe.browser import AGENT
from tests.courses.make import make_confirmed, make_hold, make_session
from tests.fraud.test_reviews import decide, open_case
from tests.functional.pages import shop as shops

pytestmark = pytest.mark.django_db
NAMES = {
    "catalogue_viewed", "search_empty", "course_viewed", "hold_created", "hold_refused",
    "who_completed", "who_error", "pay_viewed", "pay_submitted", "pay_challenged", "pay_refused",
    "pay_paid", "review_entered", "review_decided", "hold_extended", "hold_expired", "hold_renewed",
    "link_sent", "link_opened", "move_done", "quote_viewed", "cancel_done", "waiting_joined",
    "invoice_downloaded", "calendar_added", "error_page",
}  # fmt: skip
COUNTED_IN = ("config/settings", "core/performance", "courses", "payments", "fraud", "invoicing")
DESIGN = Path(os.environ.get("SHARED_DATA") or shops.ROOT.parent / "shared" / "data").parent


@pytest.fixture(autouse=True)
def nothing_yet():
    recorder.take()


def counted() -> dict[str, int]:
    """name or name{detail}, and how often."""
    return {
        f"{name}{{{detail}}}" if detail else name: row.count
        for (kind, name, detail), row in recorder.take().items()
        if kind == recorder.MEASURE
    }


class TestAnswers:
    def test_tell_what_was_looked_at(self, client):
        shop = shops.open_shop()
        recorder.take()

        client.get("/")
        client.get("/", headers={"HX-Request": "true"})
        client.get(f"/courses/{shop.course.slug}/")
        client.get("/?near=Whitby&distance=10")
        client.get("/no-such-page/")

        assert counted() == {
            "catalogue_viewed": 2,
            f"course_viewed{{{shop.course.slug}}}": 1,
            "search_empty{Whitby}": 1,
            "error_page{404}": 1,
        }

    @pytest.mark.django_db(transaction=True)
    def test_tell_nothing_of_robots(self, client):
        shop = shops.open_shop()
        recorder.take()

        for number, agent in enumerate(
            (AGENT, "Mozilla/5.0 (compatible; Googlebot/2.1)", "Safari")
        ):
            client.get("/", headers={"User-Agent": agent})
            held = client.post(
                "/api/v1/bookings/",
                {"session": str(shop.date().pk), "places": 1},
                content_type="application/json",
                headers={"User-Agent": agent, "Idempotency-Key": f"0f8fad5b-d9cb-469f-{number}"},
            )
            assert held.status_code == 201, held.content

        assert counted() == {"catalogue_viewed": 1, "hold_created": 1}

    def test_tell_what_was_done(self, client):
        shop = shops.open_shop()
        client.cookies["rft_browser"] = shops.BROWSER
        booking = shops.held(shop)
        recorder.take()

        client.post(f"/bookings/{booking.token}/details/", {"coming": "yes"})

        found = counted()
        assert found["who_error{name}"] == found["who_error{email}"] == 1
        assert "who_completed" not in found

    def test_tell_who_waits_for_a_full_date(self, client):
        shop = shops.open_shop()
        recorder.take()

        page = f"/sessions/{shop.sessions[4].pk}/waiting-list/"
        client.post(page, {"name": "Ada", "email": "", "places": "1"})
        client.post(page, {"name": "Ada", "email": "ada@example.com", "places": "1"})

        assert counted()["waiting_joined"] == 1

    def test_keep_nothing_that_somebody_typed(self, client):
        client.get("/?near=Ada+Lovelace,+Whitby+Road")

        assert not any("Ada" in name for name in counted())


class TestNames:
    def test_are_all_counted_somewhere(self):
        code = "".join(
            path.read_text() for place in COUNTED_IN for path in (shops.ROOT / place).rglob("*.py")
        )

        assert {name for name in NAMES if f'"{name}"' not in code} == set()

    def test_are_the_designs(self):
        """Where the design lies beside the repository; elsewhere the list above is all there is."""
        page = DESIGN / "design" / "ux.md"
        if page.exists():
            (told,) = re.findall(r"^## 9\. Measures.*?Names: (.*?)$", page.read_text(), re.M | re.S)
            assert set(re.findall(r"`(\w+)", told)) == NAMES


@pytest.mark.django_db(transaction=True)
class TestEvents:
    def test_tell_what_was_committed(self):
        session = make_session()
        make_hold(session)
        make_confirmed(session)

        found = counted()
        assert (found["hold_created"], found["pay_paid"]) == (2, 1)

    def test_tell_how_a_review_ended(self):
        case = open_case()
        recorder.take()

        decide(case)

        assert counted()["review_decided{approve}"] == 1


class TestFunnel:
    def test_goes_from_looking_to_paid(self, admin_client):
        now = clock.now()
        for name, times in (("course_viewed", 8), ("hold_created", 4), ("pay_paid", 3)):
            for _ in range(times):
                measures.count(name)
        roll_up.write(recorder.take(), now=now - dt.timedelta(hours=2))

        steps = measures.funnel(since=now - dt.timedelta(days=7), until=now)

        assert [(step.count, step.share) for step in steps] == [
            (8, 100), (4, 50), (0, 0), (0, 0), (3, 38),
        ]  # fmt: skip
        html = admin_client.get("/admin/").content.decode()
        assert "From looking to paid" in html and "38%" in html

    def test_is_kept_longer_than_times(self):
        now = clock.now()
        measures.count("course_viewed")
        recorder.add(recorder.PAGE, "/", ms=1)
        roll_up.write(recorder.take(), now=now - dt.timedelta(days=300))

        tasks.prune()

        assert [row.kind for row in Measurement.objects.all()] == [recorder.MEASURE]
