"""A refund that waits for a second person is not forgotten: approvers are told once, and never the one who asked."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group, User

from core.mail.models import Message
from payments import emails, policy
from payments.admin import today
from payments.services import refund_approvals
from tests.core.backoffice import staff
from tests.payments import make
from tests.payments.test_refund_approvals import ask

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 11, 27, 15, tzinfo=UTC)


@pytest.fixture
def approvers():
    first = staff.of_role("approver")
    User.objects.filter(pk=first.pk).update(email="first@example.com")
    second = User.objects.create_user("second", email="second@example.com", is_staff=True)
    second.groups.set([Group.objects.get(name="approver")])
    return first, second


@pytest.fixture
def refund(sandbox, now, approvers):
    on = make.session(now=now, days_ahead=30, capacity=20)
    payment = make.pay(make.ready(now=now, on=on, places=3), sandbox, now=now)
    return ask(payment, now, actor=f"staff:{approvers[0].pk}")


def told() -> list[str]:
    return sorted(each.recipient for each in Message.objects.filter(kind="payments.refund_waits"))


class TestWorkingDays:
    @pytest.mark.parametrize(
        ("now", "days", "then"),
        [
            (FRIDAY, 2, FRIDAY - timedelta(days=2)),
            (FRIDAY + timedelta(days=3), 2, FRIDAY - timedelta(days=1)),
            (FRIDAY + timedelta(days=2), 1, FRIDAY),
            (FRIDAY, 0, FRIDAY),
        ],
    )
    def test_leave_weekends_out(self, now, days, then):
        assert policy.working_days_before(now, days) == then


class TestRemind:
    def test_tells_the_others_once_after_two_working_days(self, now, refund):
        assert emails.remind_of_refunds(now=now + timedelta(days=1)) == 0
        for days in (5, 6):
            emails.remind_of_refunds(now=now + timedelta(days=days))

        assert told() == ["second@example.com"]
        assert (
            "to approve for over 2 working days"
            in today.refunds_that_wait(now + timedelta(days=5)).note
        )

    def test_begins_anew_when_it_is_asked_for_again(self, now, refund, approvers):
        emails.remind_of_refunds(now=now + timedelta(days=5))
        back = {"refund_id": refund.pk, "note": "why?"}
        refund_approvals.send_back(actor="staff:0", now=now + timedelta(days=5), **back)
        assert emails.remind_of_refunds(now=now + timedelta(days=9)) == 0
        refund_approvals.ask_again(actor=refund.requested_by, now=now + timedelta(days=9), **back)

        emails.remind_of_refunds(now=now + timedelta(days=10))
        assert len(told()) == 1
        emails.remind_of_refunds(now=now + timedelta(days=15))
        assert told() == ["second@example.com"] * 2
