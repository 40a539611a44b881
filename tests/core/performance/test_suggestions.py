"""Advice: found from measurements with its evidence, decided by people, measured after it was done."""

from datetime import UTC, datetime, timedelta

import pytest

from core.audit import selectors as audit
from core.performance import recorder, roll_up, suggestions
from core.performance.models import Suggestion, SuggestionState
from core.performance.recorder import PAGE, PROCESS, WAIT, Look

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 15, 40, tzinfo=UTC)
OPS = "staff:7"


def visits(ms: float, times: int = 30, *, route: str = "/", at: datetime = NOW, look=None) -> None:
    for _ in range(times):
        recorder.add(PAGE, route, ms=ms, look=look)
    roll_up.write(recorder.take(), now=at)


def found(advice: str) -> Suggestion:
    suggestions.look(now=NOW)
    return Suggestion.objects.get(advice=advice)


class TestLook:
    def test_finds_a_statement_that_is_run_row_by_row(self):
        look = Look(20, 0, 40, 68, statements=(("SELECT name FROM course WHERE id = %s", 34, 68),))
        visits(80, 3, look=look)

        suggestion = found("repeated")

        assert suggestion.title == "Catalogue: one statement is run 34 times on one page"
        assert "SELECT name FROM course" in suggestion.evidence[0][1]
        assert suggestion.gain == "66 ms less on each visit, 33 statements fewer"

    def test_finds_a_slow_statement(self):
        visits(90, 3, look=Look(5, 0, 1, 80, statements=(("SELECT slow", 1, 80.0),)))

        assert "takes 8" in found("slow_statement").title

    def test_finds_a_page_over_its_budget_and_where_the_time_goes(self):
        visits(412, look=Look(30, 0, 12, 380))

        suggestion = found("over_budget")

        assert suggestion.title.startswith("Catalogue: p95 4")
        assert "budget 200 ms" in suggestion.title
        assert "database" in suggestion.finding

    def test_finds_pauses_lags_and_waits(self):
        for _ in range(30):
            recorder.add(PROCESS, "web", "gc 2", ms=80)
            recorder.add(PROCESS, "web", "scheduling lag", ms=120)
            recorder.add(WAIT, "rft", ms=4000)
        recorder.waits("web", asked=100, queued=30, waited_ms=900)
        roll_up.write(recorder.take(), now=NOW)

        assert suggestions.look(now=NOW) == 4
        pool = Suggestion.objects.get(advice="pool_waits")
        assert pool.title == "30% of the web processes’ requests for a connection had to wait"

    def test_is_silent_where_all_is_well(self):
        visits(40, look=Look(20, 0, 5, 8))

        assert suggestions.look(now=NOW) == 0

    def test_does_not_judge_a_page_by_a_few_visits(self):
        visits(900, 5)

        assert suggestions.look(now=NOW) == 0

    def test_tells_the_same_once_with_the_latest_numbers(self):
        visits(412)
        first = found("over_budget")
        visits(900, 300)

        second = found("over_budget")

        assert first.pk == second.pk
        assert second.value_ms > first.value_ms

    def test_leaves_what_was_decided(self):
        visits(412)
        suggestions.dismiss(
            suggestion_id=found("over_budget").pk, reason="Goes away", actor=OPS, now=NOW
        )

        assert found("over_budget").state == SuggestionState.DISMISSED

    def test_brings_back_what_was_put_off(self):
        visits(412)
        suggestions.not_now(suggestion_id=found("over_budget").pk, actor=OPS, now=NOW)
        later = NOW + timedelta(days=15)
        visits(412, at=later)

        suggestions.look(now=later)

        assert Suggestion.objects.get().state == SuggestionState.OPEN

    def test_forgets_what_nobody_decided_and_no_longer_holds(self):
        visits(412)
        found("over_budget")

        suggestions.look(now=NOW + timedelta(days=4))

        assert not Suggestion.objects.exists()


class TestDecide:
    @pytest.fixture
    def suggestion(self) -> Suggestion:
        visits(412)
        return found("over_budget")

    def test_is_on_record(self, suggestion):
        suggestions.accept(suggestion_id=suggestion.pk, actor=OPS, now=NOW)

        (entry,) = audit.history(f"performance.suggestion:{suggestion.pk}")
        assert (entry.action, entry.actor, entry.after) == ("accepted", OPS, {"state": "accepted"})

    def test_dismissing_wants_a_reason(self, suggestion):
        with pytest.raises(suggestions.ReasonMissing):
            suggestions.dismiss(suggestion_id=suggestion.pk, reason=" ", actor=OPS, now=NOW)

        suggestion.refresh_from_db()
        assert suggestion.state == SuggestionState.OPEN

    def test_twice_is_refused(self, suggestion):
        suggestions.accept(suggestion_id=suggestion.pk, actor=OPS, now=NOW)

        with pytest.raises(suggestions.AlreadyDecided):
            suggestions.accept(suggestion_id=suggestion.pk, actor=OPS, now=NOW)

        assert len(audit.history(f"performance.suggestion:{suggestion.pk}")) == 1

    def test_of_nothing_is_not_found(self):
        with pytest.raises(suggestions.SuggestionNotFound):
            suggestions.accept(suggestion_id=0, actor=OPS, now=NOW)


class TestMeasureReleased:
    def test_says_what_it_brought(self):
        visits(412)
        key = found("over_budget").pk
        suggestions.accept(suggestion_id=key, actor=OPS, now=NOW)
        suggestions.release(suggestion_id=key, actor=OPS, now=NOW)
        later = NOW + timedelta(hours=2)
        visits(138, at=later)

        assert suggestions.measure_released(now=later + timedelta(minutes=1)) == 1

        suggestion = Suggestion.objects.get()
        assert suggestion.state == SuggestionState.MEASURED
        assert suggestion.before_ms == pytest.approx(412, rel=0.1)
        assert suggestion.after_ms == pytest.approx(138, rel=0.1)

    def test_waits_for_enough_visits_after_the_release(self):
        visits(412)
        key = found("over_budget").pk
        suggestions.accept(suggestion_id=key, actor=OPS, now=NOW)
        suggestions.release(suggestion_id=key, actor=OPS, now=NOW)
        later = NOW + timedelta(hours=2)
        visits(138, 3, at=later)

        assert suggestions.measure_released(now=later + timedelta(minutes=1)) == 0
