"""The Health page: one sentence in plain words, each part with what it means, from what was observed."""

from datetime import timedelta

import pytest
from django.urls import reverse

from core import clock
from core.health import checks, observations, selectors
from core.health.checks import DOWN, SLOW, Health, Slow
from core.health.models import Slot
from core.health.observations import WEBSITE, Observed
from core.mail.models import Message
from tests.core.backoffice.staff import of_role

pytestmark = pytest.mark.django_db(transaction=True)
CONSOLE = "admin:health_slot_changelist"


@pytest.fixture
def ops(client):
    client.force_login(of_role("ops"))
    return client


def seen(part: str, *, asked=1, failed=0, slow=0, ms: float | None = 5.0, ago=timedelta()) -> None:
    observations.keep([Observed(part, asked, failed, slow, ms)], now=clock.now() - ago)


def text(client) -> str:
    return " ".join(client.get(reverse(CONSOLE)).content.decode().split())


def standing(name: str, **answers: Health) -> selectors.Standing:
    asked = {part: answers.get(part, Health(True, 1)) for part in checks.parts()}
    found = selectors.standings(now=clock.now(), answers=asked)
    return next(each for each in found if each.name == name)


class TestPage:
    def test_says_that_everything_works(self, ops):
        observations.observe(now=clock.now())
        seen(WEBSITE, asked=40, ms=120)

        page = text(ops)

        assert "Everything works." in page
        for part in (
            "Website",
            "Database",
            "Cache",
            "Payments",
            "Stripe messages",
            "Email",
            "Jobs",
        ):
            assert part in page

    def test_says_what_customers_notice_of_slow_mail(self, ops):
        observations.observe(now=clock.now())
        waiting(minutes=11)

        page = text(ops)

        assert "Emails are slow. Bookings are not affected." in page
        assert "1 wait longer than ten minutes." in page

    def test_says_that_no_jobs_are_done(self, ops):
        observations.observe(now=clock.now() - timedelta(seconds=61))

        assert "No jobs are being done." in text(ops)

    def test_of_a_site_that_nobody_has_asked_yet(self, ops):
        page = text(ops)

        assert "Not known yet" in page
        assert "Everything works." in page

    def test_costs_the_same_after_a_day(self, ops, django_assert_max_num_queries):
        for minutes in range(0, 1440, 5):
            for part in checks.parts():
                seen(part, ago=timedelta(minutes=minutes))

        with django_assert_max_num_queries(10):
            ops.get(reverse(CONSOLE))

    def test_is_not_for_the_office(self, client):
        client.force_login(of_role("office"))

        assert client.get(reverse(CONSOLE)).status_code == 403

    def test_is_on_today(self, ops):
        assert "Is everything working?" in ops.get("/admin/").content.decode()


class TestStandings:
    def test_worst_first_in_the_sentence(self):
        asked = {name: Health(True, 1) for name in checks.parts()}
        asked["email"] = Health(True, 1, state=SLOW)
        asked["database"] = Health(False, 1, "OperationalError", state=DOWN)

        sentence = selectors.overall(selectors.standings(now=clock.now(), answers=asked))

        assert sentence.index("The database does not answer.") < sentence.index("Emails are slow.")

    def test_counts_errors_of_a_quarter_of_an_hour(self):
        seen("database", failed=1, ago=timedelta(minutes=40))
        seen("database", failed=1, ago=timedelta(minutes=3))

        assert standing("database").errors == 1

    def test_tells_since_when(self):
        seen("database", ago=timedelta(minutes=60))
        for minutes in (20, 15, 10, 5, 0):
            seen("database", failed=1, ms=2000, ago=timedelta(minutes=minutes))

        found = standing("database", database=Health(False, 1, "Timeout", state=DOWN))

        assert timedelta(minutes=19) < clock.now() - found.since < timedelta(minutes=26)
        assert clock.now() - found.last_good_at > timedelta(minutes=55)

    def test_draws_a_strip_with_words(self):
        seen("database", failed=1, ago=timedelta(minutes=100))
        seen("database", ago=timedelta(minutes=10))

        found = standing("database")

        assert len(found.stripes) == 96
        assert [each.state for each in found.stripes].count(DOWN) == 1
        assert found.day_in_words == "In 24 hours: not working in 15 minutes, slow in 0 minutes."

    @pytest.mark.parametrize(
        ("visits", "failed", "ms", "word"),
        [(100, 0, 90, "Works"), (100, 6, 90, "Not working"), (100, 1, 90, "Works"), (100, 0, 1500, "Slow")],
    )  # fmt: skip
    def test_judge_the_website_by_its_visits(self, visits, failed, ms, word):
        seen(WEBSITE, asked=visits, failed=failed, ms=ms)

        assert standing(WEBSITE).word == word


class TestReadyz:
    def test_stays_ready_when_only_jobs_or_mail_do_not_work(self, client):
        observations.observe(now=clock.now() - timedelta(minutes=5))
        waiting(minutes=11)

        answer = client.get("/readyz")

        assert answer.status_code == 200
        told = answer.json()["checks"]
        assert (told["jobs"]["ok"], told["jobs"]["error"]) == (False, "NothingDone")
        assert (told["email"]["ok"], told["email"]["state"]) == (True, "slow")

    def test_counts_a_slow_part_as_ready(self, client):
        def half() -> None:
            raise Slow("Only half of it.")

        checks.register("half", half)
        try:
            assert client.get("/readyz").status_code == 200
        finally:
            checks.unregister("half")


class TestPrune:
    def test_forgets_after_eight_days(self):
        seen("database", ago=timedelta(days=9))
        seen("database")

        observations.prune(now=clock.now())

        assert Slot.objects.count() == 1


def waiting(*, minutes: int) -> None:
    from core.mail import services as mail

    then = clock.now() - timedelta(minutes=minutes)
    mail.send(
        kind="tests.letter", to="a@example.org", subject="Hello", about="tests:1",
        text_template="emails/base.txt", html_template="emails/base.html", context={},
        dedupe_key="tests:1", now=then,
    )  # fmt: skip
    Message.objects.update(created_at=then)
