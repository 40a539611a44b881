"""GET courses and sessions: cursor pages, caching, filters taken literally."""

import datetime as dt
import re

import pytest

from tests.courses.make import make_course, make_hold, make_session, make_venue

pytestmark = pytest.mark.django_db
PROBLEM = "application/problem+json"


@pytest.fixture(autouse=True)
def _today(settings, tmp_path):
    """The doors ask the clock; here it stands in November 2026."""
    from core import clock
    from tests.courses.make import NOW

    offset = NOW - dt.datetime.now(dt.UTC)
    path = tmp_path / "offset"
    path.write_text(str(offset.total_seconds()))
    settings.CLOCK_OFFSET_FILE = str(path)
    assert abs(clock.now() - NOW) < dt.timedelta(minutes=1)


def seconds_in_all(answer):
    """For how long somebody may show it, fresh and while asking again."""
    said = dict(re.findall(r"([a-z-]+)=([0-9]+)", answer["Cache-Control"]))
    assert said["max-age"] == said["s-maxage"]
    return int(said["s-maxage"]) + int(said["stale-while-revalidate"])


class TestCourseList:
    def test_shows_what_is_on_sale(self, client, django_assert_num_queries):
        make_course(position=1)
        make_course("paediatric", title="Paediatric First Aid", price_minor=18_000)
        make_course("off", is_on_sale=False)

        with django_assert_num_queries(1):
            answer = client.get("/api/v1/courses/")

        assert answer.status_code == 200
        assert [each["slug"] for each in answer.json()["results"]] == [
            "paediatric",
            "emergency-first-aid-at-work",
        ]
        assert answer.json()["results"][0]["price"] == {"amount": 18_000, "currency": "GBP"}
        assert answer.json()["next"] is None


class TestCourseDetail:
    def test_tells_all_that_its_page_does(self, client):
        make_course(outcomes=["Give CPR"])

        answer = client.get("/api/v1/courses/emergency-first-aid-at-work/")

        assert answer.json()["outcomes"] == ["Give CPR"]

    def test_refuses_one_that_is_not_there(self, client):
        answer = client.get("/api/v1/courses/nowhere/")

        assert answer.status_code == 404
        assert answer["Content-Type"] == PROBLEM
        assert answer.json()["code"] == "course_not_found"
        assert "Cache-Control" not in answer or "public" not in answer["Cache-Control"]


class TestSessionList:
    def test_shows_dates_with_places_left(self, client, django_assert_num_queries):
        session = make_session(days=2)
        make_hold(session, places=3)

        with django_assert_num_queries(1):
            answer = client.get("/api/v1/sessions/")

        (shown,) = answer.json()["results"]
        assert shown == {
            "id": str(session.pk),
            "course": {
                "slug": "emergency-first-aid-at-work",
                "title": "Emergency First Aid at Work",
            },
            "venue": {
                "slug": "leeds",
                "name": "Leeds training room",
                "town": "Leeds",
                "address": "1 Example Yard, Leeds",
                "postcode": "LS1 1AA",
                "latitude": "53.79000",
                "longitude": "-1.54000",
                "time_zone": "Europe/London",
            },
            "starts_at": "2026-12-15T09:15:00Z",
            "ends_at": "2026-12-16T16:30:00Z",
            "days": [
                {"date": "2026-12-15", "start": "09:15:00", "end": "16:30:00"},
                {"date": "2026-12-16", "start": "09:15:00", "end": "16:30:00"},
            ],
            "price": {"amount": 9_600, "currency": "GBP"},
            "places_left": 9,
        }

    def test_goes_on_page_by_page(self, client):
        for number in range(5):
            make_session(on=dt.date(2026, 12, 1) + dt.timedelta(days=number))

        seen, address = [], "/api/v1/sessions/?limit=2"
        while address:
            page = client.get(address).json()
            seen += [each["starts_at"][:10] for each in page["results"]]
            address = page["next"]

        assert seen == [f"2026-12-0{day}" for day in range(1, 6)]

    def test_filters(self, client):
        make_session()
        york = make_session(venue=make_venue("york", town="York"), capacity=1)
        full = make_session(course=make_course("other"), capacity=1)
        make_hold(full)

        def ids(query):
            page = client.get(f"/api/v1/sessions/?{query}").json()
            return [each["id"] for each in page["results"]]

        assert ids("venue=york") == [str(york.pk)]
        assert ids("course=other") == [str(full.pk)]
        assert ids("course=other&available=true") == []
        assert ids("from=2026-12-16") == []
        assert len(ids("from=2026-12-15&to=2026-12-15")) == 3
        assert len(ids("from=0001-01-01&to=9999-12-31")) == 3

    @pytest.mark.parametrize(
        "query",
        [
            "from=yesterday",
            "to=2026-13-01",
            "to=2026-12-01%00",
            "available=perhaps",
            "course=no%20slug",
            "venue=%00",
            "colour=red",
            "cursor=nonsense",
        ],
    )
    def test_refuses_what_it_does_not_understand(self, client, query):
        answer = client.get(f"/api/v1/sessions/?{query}")

        assert answer.status_code == 400
        assert answer["Content-Type"] == PROBLEM

    def test_may_be_kept_for_fifteen_seconds_and_asked_for_again(self, client):
        session = make_session()
        first = client.get("/api/v1/sessions/")

        again = client.get("/api/v1/sessions/", headers={"If-None-Match": first["ETag"]})
        make_hold(session)
        after = client.get("/api/v1/sessions/", headers={"If-None-Match": first["ETag"]})

        assert 12 <= seconds_in_all(first) <= 15
        assert (again.status_code, again.content) == (304, b"")
        assert 12 <= seconds_in_all(again) <= 15
        assert after.status_code == 200
        assert after["ETag"] != first["ETag"]

    def test_gives_everyone_the_same(self, client):
        answer = client.get("/api/v1/sessions/")

        assert not answer.cookies
        assert "Cookie" not in answer.get("Vary", "")


class TestSessionDetail:
    def test_shows_one_date(self, client):
        session = make_session()

        answer = client.get(f"/api/v1/sessions/{session.pk}/")

        assert answer.json()["id"] == str(session.pk)
        assert "ETag" in answer

    @pytest.mark.parametrize("name", ["x", "1", "01936f00-0000-7000-8000-000000000000"])
    def test_refuses_one_that_is_not_there(self, client, name):
        answer = client.get(f"/api/v1/sessions/{name}/")

        assert answer.status_code == 404
        assert answer["Content-Type"] == PROBLEM
