"""Staff read every score and every stopped try, and change none."""

from datetime import timedelta

import pytest
from django.urls import reverse

from fraud import admin as fraud_admin
from fraud.models import Assessment, FraudAttempt
from fraud.services import assessments, reviews
from tests.core.backoffice import staff
from tests.fraud.builders import NOW, card, subject

pytestmark = pytest.mark.django_db


@pytest.fixture
def judged():
    risky = card(risk_level="highest", cvc_check="fail", three_d_secure="authenticated")
    return assessments.assess(subject=subject(stage="after", card=risky), now=NOW)


@pytest.fixture
def office(client):
    client.force_login(staff.of_role("office"))
    return client


class TestPages:
    def test_a_score_shows_its_reasons_with_signed_points(self, office, judged):
        page = office.get(reverse("admin:fraud_assessment_change", args=[judged.pk]))

        html = page.content.decode()
        assert "+60" in html
        assert "-8" in html
        assert "The security code was wrong" in html

    def test_a_stopped_try_shows_its_heaviest_reason(self, office, judged):
        html = office.get(reverse("admin:fraud_fraudattempt_changelist")).content.decode()

        assert "Sent to a person" in html
        assert "Stripe calls the risk of this payment highest (12 of 100)" in html

    @pytest.mark.parametrize("model", ["assessment", "fraudattempt"])
    def test_nothing_can_be_added_or_deleted(self, client, judged, model):
        client.force_login(staff.of_role("owner"))
        row = (Assessment if model == "assessment" else FraudAttempt).objects.get()

        answers = [
            client.get(reverse(f"admin:fraud_{model}_add")),
            client.post(reverse(f"admin:fraud_{model}_delete", args=[row.pk]), {"post": "yes"}),
            client.post(reverse(f"admin:fraud_{model}_change", args=[row.pk]), {"score": 1}),
        ]

        assert {answer.status_code for answer in answers} == {403}
        row.refresh_from_db()
        assert row.score == judged.score

    @pytest.mark.parametrize("model", ["assessment", "fraudattempt"])
    def test_operations_see_no_risk(self, client, judged, model):
        client.force_login(staff.of_role("ops"))

        assert client.get(reverse(f"admin:fraud_{model}_changelist")).status_code == 403

    @pytest.mark.parametrize("model", ["assessment", "fraudattempt"])
    def test_a_list_asks_a_fixed_number_of_questions(
        self, office, django_assert_max_num_queries, model
    ):
        for _ in range(30):
            risky = card(risk_level="elevated")
            assessments.assess(subject=subject(stage="after", card=risky), now=NOW)

        with django_assert_max_num_queries(12):
            office.get(reverse(f"admin:fraud_{model}_changelist"))


class TestBookingsToReview:
    def count(self, now=NOW):
        return fraud_admin.bookings_to_review(now)

    def open(self, amount_minor, promise_at):
        case = assessments.assess(
            subject=subject(stage="after", card=card(risk_level="elevated")), now=NOW
        )
        reviews.open(
            payment_id=case.payment_id,
            assessment_id=case.id,
            booking_reference="RFT-7KQ9TC",
            amount_minor=amount_minor,
            promise_at=promise_at,
            hard_limit_at=NOW + timedelta(days=5),
            now=NOW,
        )

    def test_is_calm_with_nothing_waiting(self):
        assert (self.count().number, self.count().urgent) == (0, False)

    def test_sums_the_money_and_names_the_first_deadline(self):
        self.open(9600, NOW + timedelta(hours=8))
        self.open(115200, NOW + timedelta(hours=7))

        count = self.count()

        assert (count.number, count.urgent) == (2, False)
        assert count.note == "£1,248.00 held. First one by 23 Nov 2026, 4pm"

    def test_turns_urgent_within_four_hours(self):
        self.open(9600, NOW + timedelta(hours=8))

        assert not self.count(NOW + timedelta(hours=4)).urgent
        assert self.count(NOW + timedelta(hours=4, seconds=1)).urgent
