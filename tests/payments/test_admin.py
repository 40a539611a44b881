"""The back office's pages of money: each renders, decides through the services, and asks for its permission."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from core.backoffice import badges
from core.money import Money
from courses import selectors as courses
from invoicing.models import Document
from payments import selectors
from payments.admin import today
from payments.models import Refund, RefundStatus, WebhookEvent, WebhookState
from payments.services import refund_quotes, refund_sending, refunds
from tests.outbox_tools import drain_outbox
from tests.payments import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("olive", password="x"))
    return client


def somebody(*permissions: str) -> Client:
    user = User.objects.create_user("sam", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


class TestLists:
    @pytest.mark.parametrize(
        "name", ["payments_payment", "payments_refund", "payments_dispute",
                 "payments_webhookevent", "fraud_reviewcase"],
    )  # fmt: skip
    def test_render_empty_and_with_rows(self, staff, sandbox, now, name):
        payment = make.paid(sandbox, now=now)
        make.dispute(payment, now=now)

        response = staff.get(reverse(f"admin:{name}_changelist"))

        assert response.status_code == 200

    def test_a_payment_shows_its_story(self, staff, sandbox, now):
        payment = make.paid(sandbox, now=now)

        page = staff.get(reverse("admin:payments_payment_change", args=[payment.id]))

        text = page.content.decode()
        assert payment.gateway_id in text
        assert f"{payment.operation_id}:capture" in text
        assert "Payment: succeeded" in text


class TestRefundConsole:
    def address(self, payment):
        return reverse("admin:payments_payment_refund", args=[payment.id])

    def fields(self, payment, **changes):
        people = payment.booking.attendees.all()
        given = {
            "choice": "full",
            "reason": "goodwill",
            "note": "",
            "cancel": [p.pk for p in people],
        }
        return given | changes

    def test_shows_what_can_be_given_back(self, staff, sandbox, now):
        payment = make.paid(sandbox, now=now, places=2)

        text = staff.get(self.address(payment)).content.decode()

        assert "£192.00" in text
        assert "What the policy gives back" in text

    def test_previews_before_it_decides(self, staff, sandbox, now):
        payment = make.paid(sandbox, now=now)

        page = staff.post(self.address(payment), self.fields(payment))

        assert "Refund £96.00" in page.content.decode()
        assert "£16.00" in page.content.decode()
        assert not Refund.objects.exists()

    def test_the_policy_gives_back_what_the_ticked_places_cost(self, staff, sandbox, now):
        payment = make.paid(sandbox, now=now, places=2)
        [first, _] = payment.booking.attendees.order_by("position")
        fields = self.fields(payment, choice="policy", reason="policy", cancel=[first.pk])

        text = staff.post(self.address(payment), fields).content.decode()

        assert "Refund £96.00" in text
        assert "Refund £192.00" not in text

    def test_previews_the_credit_note_to_the_penny(self, staff, sandbox, now):
        payment = make.paid(sandbox, now=now)
        drain_outbox()
        first = refunds.request(
            payment_id=payment.id, amount_minor=4, reason="goodwill", actor="olive", now=now
        )
        make.drive(first, now=now, name="refund")
        drain_outbox()

        shown = refund_quotes.preview(payments=[payment], amount=Money(4))
        second = refunds.request(
            payment_id=payment.id, amount_minor=4, reason="goodwill", actor="olive", now=now
        )
        make.drive(second, now=now, name="refund")
        drain_outbox()

        note = Document.objects.get(refund=second)
        assert (shown.net, shown.vat) == (note.net, note.vat) == (Money(4), Money(0))

    def test_writes_the_decision_once(self, staff, sandbox, now):
        payment = make.paid(sandbox, now=now)
        fields = self.fields(payment, confirmed="9600", vat="1600", idempotency_key="k" * 32)

        answers = [staff.post(self.address(payment), fields) for _ in range(2)]

        refund = Refund.objects.get()
        payment.booking.refresh_from_db()
        assert [answer.status_code for answer in answers] == [302, 302]
        assert (refund.status, refund.amount_minor) == (RefundStatus.APPROVED, 9600)
        assert payment.booking.status == "cancelled"

    @pytest.mark.parametrize(
        "changes",
        [
            {"choice": "other", "other": "96.01"},
            {"choice": "other", "other": "-1"},
            {"choice": "other", "other": "NaN"},
            {"choice": "other", "other": "1e400"},
            {"choice": "other", "other": ""},
            {"choice": "everything"},
            {"reason": "policy"},
            {"reason": "external"},
            {"cancel": ["0197d3c0-0000-7000-8000-000000000000"]},
        ],
    )
    def test_refuses_what_is_wrong(self, staff, sandbox, now, changes):
        payment = make.paid(sandbox, now=now)

        page = staff.post(
            self.address(payment), self.fields(payment, confirmed="9600", vat="1600", **changes)
        )

        assert page.status_code == 200
        assert not Refund.objects.exists()

    def test_asks_for_the_permission(self, sandbox, now):
        payment = make.paid(sandbox, now=now)

        page = somebody("view_payment").get(self.address(payment))

        assert page.status_code == 403

    def test_a_disputed_payment_is_blocked(self, staff, sandbox, now):
        payment = make.paid(sandbox, now=now)
        make.dispute(payment, now=now)

        text = staff.get(self.address(payment)).content.decode()

        assert "Answer the dispute instead" in text
        assert '<form method="post" novalidate>' not in text


class TestFailedRefund:
    @pytest.fixture
    def failed(self, sandbox, now):
        payment = make.paid(sandbox, now=now)
        refund = refunds.request(
            payment_id=payment.id, amount_minor=500, reason="goodwill", actor="olive", now=now
        )
        refund.send(now=now)
        answer = make.gateway_refund(refund, status="failed", failure_reason="lost_card")
        refund_sending.apply(refund, answer, now=now)
        return refund

    def test_is_where_its_button_leads(self, staff, failed):
        button = reverse("admin:payments_refund_settle", args=[failed.pk])

        page = staff.get(button, follow=True)

        assert len(page.redirect_chain) == 1
        assert "Try £5.00 again" in page.content.decode()

    @pytest.mark.parametrize(
        ("fields", "status", "reserved"),
        [
            ({"act": "retry"}, RefundStatus.FAILED, 500),
            ({"act": "settle", "note": "by bank"}, RefundStatus.SETTLED_BY_HAND, 500),
            ({"act": "settle", "note": ""}, RefundStatus.FAILED, 0),
        ],
    )
    def test_is_sent_again_or_recorded(self, staff, failed, fields, status, reserved):
        address = reverse("admin:payments_refund_what_now", args=[failed.pk])

        answer = staff.post(address, fields)

        failed.refresh_from_db()
        assert answer.status_code == (302 if reserved else 200)
        assert failed.status == status
        assert selectors.payment(failed.payment_id).refunded_minor == reserved
        assert Refund.objects.filter(retry_of=failed).exists() == (fields["act"] == "retry")

    def test_that_a_dispute_stopped_is_sent_again_from_the_list_of_what_waits(
        self, staff, sandbox, now
    ):
        payment = make.paid(sandbox, now=now)
        stopped = refunds.request(
            payment_id=payment.id, amount_minor=500, reason="goodwill", actor="olive", now=now
        )
        refund_sending.reject(stopped, cause="a dispute opened", failure_code="disputed", now=now)
        page = reverse("admin:payments_refund_what_now", args=[stopped.pk])
        listed = staff.get(reverse("admin:payments_refund_changelist") + "?waiting=yes")
        words = staff.get(page).content.decode()
        staff.post(page, {"act": "retry"})

        assert str(stopped.pk) in listed.content.decode()
        assert "is still owed" in words
        assert "bank transfer" not in words
        assert Refund.objects.get(retry_of=stopped).amount == stopped.amount


class TestQuote:
    """What the policy gives back, place by place."""

    def quote(self, payment, now, leaving=None):
        return refund_quotes.quote(
            payments=[selectors.payment(payment.id)],
            booking=courses.booking(payment.booking_id),
            leaving=leaving,
            now=now,
        ).policy_amount

    def test_is_of_the_places_that_leave(self, sandbox, now):
        payment = make.paid(sandbox, now=now, places=2, days_ahead=40)
        [first, second] = payment.booking.attendees.order_by("position")

        assert self.quote(payment, now) == Money(19_200)
        assert self.quote(payment, now, [first.pk]) == Money(9_600)
        assert self.quote(payment, now, []) == Money(0)
        refunds.request(
            payment_id=payment.id, amount_minor=9_600, reason="policy", cancel_places=True,
            attendee_ids=[first.pk], actor="olive", now=now,
        )  # fmt: skip
        half = now + timedelta(days=30)
        assert self.quote(payment, half) == self.quote(payment, half, [second.pk]) == Money(4_800)

    def test_counts_what_went_back_without_a_place(self, sandbox, now):
        payment = make.paid(sandbox, now=now, places=2, days_ahead=40)
        refunds.request(
            payment_id=payment.id, amount_minor=5_000, reason="goodwill", actor="olive", now=now
        )

        assert self.quote(payment, now + timedelta(days=30)) == Money(4_600)


class TestDeadWebhooks:
    def test_are_counted_on_today_and_beside_their_link(self, staff, now):
        store = {
            "account": "", "livemode": False, "type": "refund.updated", "happened_at": now,
        }  # fmt: skip
        for number in range(2):
            WebhookEvent.store(event_id=f"evt_{number}", now=now, **store)
        WebhookEvent.objects.update(state=WebhookState.DEAD)
        cache.clear()

        count = today.dead_webhooks(now)

        assert (count.number, count.urgent) == (2, True)
        assert badges.waiting(["webhooks"]) == {"webhooks": 2}
        assert "Webhooks given up" in staff.get(reverse("admin:index")).content.decode()
