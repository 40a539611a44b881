"""Changing what cancelling gives back: seen first, refused in sentences, on record, and never for bookings made before."""

import pytest
from django.urls import reverse

from core.audit import selectors as audit
from core.errors import Invalid
from core.money import Money
from courses import policy
from courses.models import Booking, CancellationPolicy
from courses.services import policies
from tests.core.backoffice import staff
from tests.courses.make import NOW, make_course, make_hold, make_session

pytestmark = pytest.mark.django_db
HALF = [{"days_before": 10, "refund_bp": 5_000}]


@pytest.fixture
def kept():
    make_course()
    return CancellationPolicy.objects.get()


def change(kept, **fields):
    given = {"tiers": HALF, "consumer_right_days": 14, "reason": "new year"} | fields
    return policies.change(policy_id=kept.pk, actor="staff:1", now=NOW, **given)


class TestChange:
    def test_counts_for_bookings_made_after_it_alone(self):
        session = make_session()
        before = make_hold(session, now=NOW)
        kept = CancellationPolicy.objects.get()

        change(kept)

        after = make_hold(session, now=NOW)
        assert Booking.objects.get(pk=before.pk).policy["tiers"] == policy.STANDARD["tiers"]
        assert after.policy["tiers"] == HALF

    def test_is_on_record_with_before_and_after(self, kept):
        change(kept)

        [entry] = audit.history(f"courses.cancellationpolicy:{kept.pk}")
        assert (entry.actor, entry.reason) == ("staff:1", "new year")
        assert entry.before["tiers"] == policy.STANDARD["tiers"]
        assert entry.after["tiers"] == HALF

    @pytest.mark.parametrize(
        ("fields", "names"),
        [
            ({"tiers": [{"days_before": 1}]}, {"tiers"}),
            ({"tiers": [*HALF, {"days_before": 2, "refund_bp": 9_000}]}, {"tiers"}),
            ({"tiers": [{"days_before": 2, "refund_bp": 10_001}]}, {"tiers"}),
            ({"consumer_right_days": -1}, {"consumer_right_days"}),
            ({"reason": " "}, {"reason"}),
        ],
    )
    def test_refuses_what_makes_no_sense(self, kept, fields, names):
        with pytest.raises(Invalid) as refusal:
            change(kept, **fields)

        kept.refresh_from_db()
        assert set(refusal.value.fields) == names
        assert kept.tiers == policy.STANDARD["tiers"]


class TestExamples:
    def test_say_what_20_10_and_3_days_ahead_give_back(self):
        rows = policy.examples(policy.STANDARD, Money(10_000), NOW)

        assert [(days, refund.minor) for days, refund, _ in rows] == [
            (20, 10_000), (10, 5_000), (3, 0),
        ]  # fmt: skip


class TestPages:
    FORM = {"days_1": "7", "share_1": "25", "days_2": "21", "share_2": "100", "consumer_right_days": "14", "reason": "agreed"}  # fmt: skip

    @pytest.fixture
    def owner(self, client):
        client.force_login(staff.of_role("owner"))
        return client

    @pytest.fixture
    def address(self, kept):
        return reverse("admin:courses_cancellationpolicy_tiers", args=[kept.pk])

    def test_show_what_it_does_before_it_is_done(self, owner, kept, address):
        assert "£50.00 back" in owner.get(address).content.decode()

        preview = owner.post(address, self.FORM).content.decode()
        assert "£25.00 back" in preview
        assert "Only bookings made from now on" in preview
        kept.refresh_from_db()
        assert kept.tiers == policy.STANDARD["tiers"]

        owner.post(address, self.FORM | {"confirmed": "yes"})
        kept.refresh_from_db()
        assert kept.tiers == [
            {"days_before": 21, "refund_bp": 10_000}, {"days_before": 7, "refund_bp": 2_500},
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"share_1": ""}, "Fill in both, or neither."),
            ({"share_1": "101"}, "less than or equal to 100"),
            ({"days_1": "soon"}, "Enter a whole number"),
            ({"days_1": "30"}, "never give back more later"),
            ({"days_1": "21"}, "Tiers go from the most days before to the fewest"),
            ({"reason": ""}, "This field is required"),
        ],
    )
    def test_say_what_is_wrong_and_change_nothing(self, owner, kept, address, changes, words):
        page = owner.post(address, self.FORM | changes | {"confirmed": "yes"}).content.decode()

        assert words in page
        kept.refresh_from_db()
        assert kept.tiers == policy.STANDARD["tiers"]

    def test_are_the_owner_s(self, client, address):
        client.force_login(staff.of_role("office"))

        assert client.get(address).status_code == 403

    def test_a_new_one_begins_as_the_standard_is(self, owner, kept):
        owner.post(reverse("admin:courses_cancellationpolicy_add"), {"name": "Groups"})

        assert CancellationPolicy.objects.get(name="Groups").tiers == policy.STANDARD["tiers"]
