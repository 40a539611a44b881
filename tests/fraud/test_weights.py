"""Weight sets: proposed, run beside, adopted by somebody; never changed, never by themselves."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from core.errors import Invalid
from fraud import scoring
from fraud.learning import learner
from fraud.models import Assessment, WeightSetRow
from fraud.risk_signals.factor import Points
from fraud.services import assessments, measuring, outcomes, weights
from tests.fraud.builders import NOW, card, subject

pytestmark = pytest.mark.django_db
HARSH = scoring.WeightSet("harsh", 50, {"amount_minor": Points(((1, 12.5),))})


def proposed(weight_set=HARSH) -> WeightSetRow:
    return weights.propose(weights=weight_set, figures={}, actor="olive", now=NOW)


def moved(row, state) -> WeightSetRow:
    return weights.move(
        weight_set_id=row.id, state=state, reason="It found more", actor="olive", now=NOW
    )


class TestPropose:
    def test_changes_no_judgement(self):
        proposed()

        judged = assessments.assess(subject=subject(), now=NOW)

        assert judged.rule_version == scoring.SHIPPED.version
        assert judged.shadow is None

    def test_refuses_factors_that_nobody_knows(self):
        with pytest.raises(Invalid):
            proposed(scoring.WeightSet("odd", 5, {"moon_phase": Points()}))

        assert not WeightSetRow.objects.exists()

    def test_refuses_the_same_version_twice(self):
        proposed()

        with pytest.raises(weights.VersionTaken):
            proposed()


class TestMove:
    def test_the_live_set_judges(self):
        moved(proposed(), "live")

        judged = assessments.assess(subject=subject(), now=NOW)

        assert (judged.rule_version, judged.total, judged.score) == ("harsh", 62.5, 62)
        assert sum(each["points"] for each in judged.readings) == 62

    def test_the_shadow_changes_nothing_and_is_kept(self):
        moved(proposed(), "shadow")

        judged = assessments.assess(subject=subject(), now=NOW)

        assert judged.rule_version == scoring.SHIPPED.version
        assert judged.band == "low"
        assert Assessment.objects.get().shadow == {
            "version": "harsh", "score": 62, "total": 62.5, "band": "medium", "three_d_secure": True,
        }  # fmt: skip

    def test_retires_the_one_before(self):
        first = moved(proposed(), "live")
        second = moved(proposed(scoring.WeightSet("milder", 5)), "live")

        first.refresh_from_db()
        assert (first.state, second.state) == ("retired", "live")

    @pytest.mark.parametrize("state", ["proposed", "best"])
    def test_refuses_other_states(self, state):
        row = proposed()

        with pytest.raises(Invalid):
            moved(row, state)

        row.refresh_from_db()
        assert row.state == "proposed"

    def test_the_points_never_change(self):
        row = proposed()

        with pytest.raises(DatabaseError, match="never change"), transaction.atomic():
            WeightSetRow.objects.update(weights={})

        row.refresh_from_db()
        assert scoring.from_json(row.weights) == HARSH


class TestHoldout:
    @pytest.mark.parametrize(("share", "band"), [(0, "high"), (1, "medium")])
    def test_sends_a_block_by_points_to_a_person(self, settings, share, band):
        settings.FRAUD_HOLDOUT_SHARE = share
        moved(proposed(scoring.WeightSet("all bad", 95)), "live")

        judged = assessments.assess(subject=subject(), now=NOW)

        assert judged.band == band
        assert sum(each["points"] for each in judged.readings) == judged.score

    def test_is_the_same_for_one_payment(self, settings):
        settings.FRAUD_HOLDOUT_SHARE = 0.5
        drawn = [assessments.is_held_out(str(number)) for number in range(2000)]

        assert drawn == [assessments.is_held_out(str(number)) for number in range(2000)]
        assert 900 < sum(drawn) < 1100


class TestMeasuring:
    def history(self, *, told_after: timedelta = timedelta()) -> None:
        """60 good and 30 stolen payments, of which the stolen ones were dear."""
        for number in range(90):
            at = NOW + timedelta(hours=number)
            stolen = number % 3 == 0
            who = {"email": f"b{number}@example.org", "device": f"d{number}", "address": ""}
            one = subject(
                stage="after", now=at, amount_minor=90_000 if stolen else 9_000,
                card=card(fingerprint=f"c{number}"), **who,
            )  # fmt: skip
            assessments.assess(subject=one, now=at)
            for kind in ("attempt", "succeeded", "disputed" if stolen else "genuine"):
                later = at + told_after if kind in ("disputed", "genuine") else at
                outcomes.record(payment_id=one.payment_id, kind=kind, subject=one, now=later)

    def test_tells_what_points_would_have_done(self):
        self.history()
        strict = scoring.WeightSet("strict", 10, {"amount_minor": Points(((50_000, 80),))})

        figures = measuring.backtest(
            weights=strict, since=NOW - timedelta(days=1), until=NOW + timedelta(days=30)
        )

        assert figures["parts"]["fraud"] == {"payments": 30, "blocked": 30, "reviewed": 0}
        assert figures["parts"]["good"] == {"payments": 60, "blocked": 0, "reviewed": 0}
        assert (figures["saved_minor"], figures["lost_minor"]) == (30 * 90_000, 0)
        assert (figures["block_precision"], figures["average_precision"]) == (1.0, 1.0)
        assert figures["factors"]["amount_minor"] == {
            "payments": 30, "lift": 3.0, "false_positive_ratio": 0.0,
        }  # fmt: skip

    def test_learns_only_from_what_was_known_when_the_comparison_began(self):
        self.history(told_after=timedelta(days=30))

        with pytest.raises(learner.TooLittleKnown):
            measuring.propose(
                version="2027-01", since=NOW - timedelta(days=1), until=NOW + timedelta(days=60),
                actor="olive", now=NOW,
            )  # fmt: skip

        assert not WeightSetRow.objects.exists()

    def test_proposes_learned_points_and_adopts_nothing(self):
        self.history()

        row = measuring.propose(
            version="2027-01", since=NOW - timedelta(days=1), until=NOW + timedelta(days=30),
            actor="olive", now=NOW,
        )  # fmt: skip

        assert row.state == "proposed"
        assert row.figures["learned"]["average_precision"] == 1.0
        again = assessments.assess(subject=subject(), now=NOW + timedelta(days=9))
        assert again.rule_version == scoring.SHIPPED.version
