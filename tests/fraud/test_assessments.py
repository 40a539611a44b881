"""One judgement per payment and stage, kept with its reasons, cheap to make."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from fraud import selectors
from fraud.models import Assessment, FraudAttempt
from fraud.services import assessments, outcomes
from tests.fraud.builders import NOW, THROW_AWAY, card, earlier, subject, usual_payments

pytestmark = pytest.mark.django_db


def points(assessment: Assessment) -> dict[str, int]:
    return {reading["signal"]: reading["points"] for reading in assessment.readings}


class TestAssess:
    def test_lets_the_plain_first_booking_pass_well_under_the_bands(self):
        usual_payments()

        before = assessments.assess(subject=subject(), now=NOW)
        after = assessments.assess(subject=subject(stage="after", card=card()), now=NOW)

        assert (before.band, before.three_d_secure) == ("low", False), before.readings
        assert (after.band, after.three_d_secure) == ("low", False), after.readings

    def test_lets_a_company_with_three_attendees_pass(self):
        usual_payments()

        judged = assessments.assess(subject=subject(amount_minor=28800, places=3), now=NOW)

        assert (judged.band, judged.three_d_secure) == ("low", False)

    def test_lets_a_second_card_after_a_refusal_pass(self):
        earlier(2, "attempt", "declined")

        judged = assessments.assess(subject=subject(), now=NOW)

        assert (judged.band, judged.three_d_secure) == ("low", False)

    def test_leaves_the_present_payment_out(self):
        asked = subject(stage="after", card=card())
        earlier(2, "attempt")
        outcomes.record(payment_id=asked.payment_id, kind="attempt", subject=asked, now=NOW)
        outcomes.record(payment_id=asked.payment_id, kind="succeeded", subject=asked, now=NOW)

        judged = assessments.assess(subject=asked, now=NOW)

        assert not {"email_tries_1h", "device_tries_1h", "amount_course"} & set(points(judged))

    def test_counts_tries_only_within_their_window(self):
        earlier(4, "attempt", "declined", minutes_ago=70)
        earlier(5, "attempt", "declined", minutes_ago=60 * 24 + 10)

        judged = assessments.assess(subject=subject(), now=NOW)

        (reading,) = [each for each in judged.readings if each["signal"] == "email_refused_24h"]
        assert reading["value"] == 4
        assert "email_tries_1h" not in points(judged)

    def test_sees_one_mailbox_behind_its_aliases(self):
        earlier(5, "attempt", email="ann.smith+1@gmail.com", address="", device="")

        judged = assessments.assess(subject=subject(email="annsmith@googlemail.com"), now=NOW)

        assert points(judged)["email_tries_1h"] == 8

    def test_asks_for_3d_secure_on_a_throw_away_address(self):
        judged = assessments.assess(subject=subject(email=f"x@{THROW_AWAY}"), now=NOW)

        assert (judged.score, judged.band, judged.three_d_secure) == (35, "low", True)
        assert not FraudAttempt.objects.exists()

    def test_never_sends_a_busy_office_to_review(self):
        for number in range(40):
            earlier(1, "attempt", "declined", email=f"guest{number}@example.org", device="")

        judged = assessments.assess(subject=subject(), now=NOW)

        assert points(judged)["address_tries_1h"] + points(judged)["address_refused_24h"] == 30
        assert (judged.band, judged.three_d_secure) == ("low", True)

    def test_blocks_on_several_strong_factors_before_the_card_is_asked(self):
        email = f"x@{THROW_AWAY}"
        earlier(8, "attempt", "declined", email=email)

        judged = assessments.assess(subject=subject(email=email), now=NOW)

        assert judged.band == "high"
        attempt = FraudAttempt.objects.get()
        assert (attempt.verdict, attempt.score) == ("blocked", judged.score)
        assert {reason["signal"] for reason in attempt.reasons} >= {
            "base", "email_tries_1h", "email_refused_24h", "address_refused_24h", "disposable_email",
        }  # fmt: skip

    def test_sends_elevated_risk_to_a_person_after_the_bank_answered(self):
        judged = assessments.assess(
            subject=subject(stage="after", card=card(risk_level="elevated")), now=NOW
        )

        assert (judged.score, judged.band) == (50, "medium")
        assert FraudAttempt.objects.get().verdict == "reviewed"

    def test_cancels_what_rises_over_the_block_band_after_the_bank_answered(self):
        risky = card(risk_level="highest", cvc_check="fail")

        judged = assessments.assess(subject=subject(stage="after", card=risky), now=NOW)

        assert judged.band == "high"
        assert FraudAttempt.objects.get().verdict == "cancelled"

    def test_answers_the_same_when_asked_again(self):
        asked = subject(stage="after", card=card(risk_level="elevated"))
        first = assessments.assess(subject=asked, now=NOW)
        earlier(9, "attempt")

        again = assessments.assess(subject=asked, now=NOW)

        assert again.id == first.id
        assert (again.score, again.readings) == (first.score, first.readings)
        assert FraudAttempt.objects.count() == 1

    def test_keeps_inputs_points_thresholds_and_version(self, settings):
        settings.FRAUD_REVIEW_FROM = 41
        asked = subject(stage="after", card=card())

        judged = Assessment.objects.get(id=assessments.assess(subject=asked, now=NOW).id)

        assert judged.thresholds == {
            "three_d_secure_from": 25, "review_from": 41, "block_above": 80,
        }  # fmt: skip
        assert judged.rule_version
        assert sum(points(judged).values()) == judged.score
        assert all(reading["evidence"] for reading in judged.readings)
        assert judged.card["last4"] == "4242"
        assert selectors.assessments_of(asked.payment_id) == [judged]

    def test_keeps_no_address_or_card_number_plain(self):
        asked = subject(stage="after", card=card(fingerprint="fp-secret"))

        assessments.assess(subject=asked, now=NOW)

        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(a)::text FROM fraud_assessment a")
            (kept,) = cursor.fetchone()
        for plain in (asked.email, asked.address, asked.device, "fp-secret"):
            assert plain not in kept

    @pytest.mark.parametrize(("risk_level", "most"), [("normal", 2), ("elevated", 3)])
    def test_costs_at_most_three_statements(self, risk_level, most):
        usual_payments()
        earlier(3, "attempt", "declined")
        asked = subject(stage="after", card=card(risk_level=risk_level))

        with CaptureQueriesContext(
            connection,
        ) as queries:
            assessments.assess(subject=asked, now=NOW)

        statements = [each["sql"] for each in queries if "SAVEPOINT" not in each["sql"]]
        assert len(statements) <= most, statements


class TestImmutable:
    @pytest.mark.parametrize("action", ["update", "delete"])
    @pytest.mark.parametrize("model", [Assessment, FraudAttempt])
    def test_refuses_change(self, model, action):
        judged = assessments.assess(
            subject=subject(stage="after", card=card(risk_level="elevated")), now=NOW
        )

        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            rows = model.objects.all()
            rows.update(score=0) if action == "update" else rows._raw_delete(rows.db)

        judged.refresh_from_db()
        assert judged.score == 50
        assert FraudAttempt.objects.get().score == 50

    def test_refuses_emptying_outside_the_test_database(self):
        with (
            pytest.raises(DatabaseError, match="never changes"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("SET LOCAL app.allow_truncate = 'off'")
            cursor.execute("TRUNCATE fraud_assessment CASCADE")

    @pytest.mark.parametrize("score", [-1, 101])
    def test_refuses_a_score_off_the_scale(self, score):
        judged = assessments.assess(subject=subject(), now=NOW)
        judged.pk, judged.payment_id, judged.score = uuid.uuid4(), uuid.uuid4(), score

        with pytest.raises(DatabaseError), transaction.atomic():
            judged.save(force_insert=True)


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def test_one_judgement_is_kept(self):
        asked = subject(stage="after", card=card(risk_level="elevated"))

        with ThreadPoolExecutor(8) as pool:
            ids = list(pool.map(lambda _: _judge(asked), range(16)))

        assert len(set(ids)) == 1
        assert Assessment.objects.count() == FraudAttempt.objects.count() == 1


def _judge(asked):
    try:
        return assessments.assess(subject=asked, now=NOW).id
    finally:
        connection.close()
