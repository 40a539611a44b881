"""What ops see and decide: budgets, vitals, statements, suggestions; at the same cost however much was measured."""

import pytest
from django.urls import reverse

from core import clock
from core.audit.models import AuditEntry
from core.performance import recorder, roll_up, suggestions
from core.performance.models import Suggestion
from core.performance.recorder import PAGE, PROCESS, TASK, VITAL, WAIT, Look
from tests.core.backoffice.staff import of_role

pytestmark = pytest.mark.django_db
CONSOLE = "admin:performance_suggestion_changelist"
ROW_BY_ROW = "SELECT name FROM course WHERE id = %s"


@pytest.fixture
def ops(client):
    client.force_login(of_role("ops"))
    return client


def measure(routes: int = 1) -> None:
    look = Look(30, 1, 40, 380, statements=((ROW_BY_ROW, 34, 68),))
    for number in range(routes):
        route = "/" if number == 0 else f"/admin/part{number}/"
        for _ in range(25):
            recorder.add(PAGE, route, ms=412, look=look)
        recorder.add(VITAL, route, "LCP phone", ms=3100)
        recorder.add(VITAL, route, "CLS phone", ms=10)
        recorder.add(TASK, f"part{number}.tasks.sweep", ms=30)
    recorder.add(WAIT, "rft", ms=12)
    recorder.add(PROCESS, "web", "scheduling lag", ms=2)
    recorder.peak(PROCESS, "web", "memory MB", 140)
    recorder.waits("web", asked=10, queued=1, waited_ms=5)
    roll_up.write(recorder.take(), now=clock.now())


def text(client, **question) -> str:
    return " ".join(client.get(reverse(CONSOLE), question).content.decode().split())


class TestConsole:
    def test_judges_pages_by_their_budgets(self, ops):
        measure()

        page = text(ops)

        assert "1 page over budget." in page
        assert "Catalogue" in page
        assert "run 34 times on one page" in page
        assert "3,3" in page
        assert "Poor" in page

    def test_says_that_nothing_was_measured(self, ops):
        assert "Nothing measured yet" in text(ops)

    def test_costs_the_same_for_many(self, ops, django_assert_max_num_queries):
        measure(30)
        suggestions.look(now=clock.now())

        with django_assert_max_num_queries(12):
            ops.get(reverse(CONSOLE))

    @pytest.mark.parametrize("period", ["day", "week", "month", "eternity"])
    def test_of_a_period(self, ops, period):
        measure()

        assert "Catalogue" in text(ops, period=period)

    def test_is_not_for_the_office(self, client):
        client.force_login(of_role("office"))

        assert client.get(reverse(CONSOLE)).status_code == 403


class TestOnePage:
    def test_by_the_hour_with_a_table(self, ops):
        measure()

        page = ops.get(reverse("admin:performance_page"), {"kind": "page", "name": "/"})

        assert "Catalogue by the hour" in page.content.decode()
        assert 'data-chart="hours"' in page.content.decode()

    @pytest.mark.parametrize("question", [{}, {"kind": "spell", "name": "/"}, {"kind": "page"}])
    def test_knows_no_others(self, ops, question):
        assert ops.get(reverse("admin:performance_page"), question).status_code == 404


class TestActs:
    @pytest.fixture
    def suggestion(self) -> Suggestion:
        measure()
        suggestions.look(now=clock.now())
        return Suggestion.objects.get(advice="over_budget")

    def act(self, client, suggestion, act):
        return client.post(reverse("admin:performance_suggestion_act", args=[suggestion.pk, act]))

    def test_lead_from_accepted_to_released(self, ops, suggestion):
        self.act(ops, suggestion, "accept")
        assert "To be done" in text(ops)
        self.act(ops, suggestion, "released")

        suggestion.refresh_from_db()
        assert suggestion.released_at
        assert "it is being measured" in text(ops)
        assert [entry.action for entry in AuditEntry.objects.order_by("id")] == [
            "accepted",
            "released",
        ]

    def test_tell_what_it_brought(self, ops, suggestion):
        suggestion.accept(actor="staff:1", now=clock.now())
        suggestion.before_ms = 412
        suggestion.prove(138, now=clock.now())

        assert "p95 was 412 ms, now 138 ms." in text(ops)

    def test_dismissing_wants_a_reason(self, ops, suggestion):
        url = reverse("admin:performance_suggestion_dismiss", args=[suggestion.pk])
        assert ops.get(url).status_code == 200

        assert ops.post(url, {"reason": ""}).status_code == 200
        suggestion.refresh_from_db()
        assert suggestion.state == "open"

        assert ops.post(url, {"reason": "A page of the archive"}).status_code == 302
        assert "A page of the archive" in text(ops)

    def test_that_are_over_say_so(self, ops, suggestion):
        self.act(ops, suggestion, "accept")
        answer = self.act(ops, suggestion, "accept")

        assert answer.status_code == 302
        assert "Somebody has decided that already." in text(ops)

    def test_are_these_alone(self, ops, suggestion):
        assert self.act(ops, suggestion, "dance").status_code == 404

    def test_are_not_for_the_office(self, client, suggestion):
        client.force_login(of_role("office"))

        assert self.act(client, suggestion, "accept").status_code == 403
        suggestion.refresh_from_db()
        assert suggestion.state == "open"
