"""The back office's pages of money: each renders, decides through the services, and asks for its permission."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from fraud.selectors import ReviewCase
from payments.models import PaymentStatus, Refund, RefundStatus
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

    def test_writes_the_decision_once(self, staff, sandbox, now):
        payment = make.paid(sandbox, now=now)
        fields = self.fields(payment, confirmed="9600", idempotency_key="k" * 32)

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

        page = staff.post(self.address(payment), self.fields(payment, confirmed="9600", **changes))

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


class TestReviewDesk:
    @pytest.fixture
    def case(self, sandbox, now, settings):
        settings.FRAUD_REVIEW_FROM = -1
        settings.FRAUD_3DS_FROM = 101
        make.pay(make.ready(now=now), sandbox, now=now)
        return ReviewCase.objects.get()

    def address(self, case):
        return reverse("admin:fraud_reviewcase_desk", args=[case.id])

    def test_shows_the_case_with_its_reasons(self, staff, case):
        text = staff.get(self.address(case)).content.decode()

        assert case.booking_reference in text
        assert "Your decision" in text

    def test_approves(self, staff, case, now):
        answer = staff.post(self.address(case), {"decision": "approve", "reason": "score_wrong"})
        drain_outbox()
        from payments.models import Payment

        payment = Payment.objects.get(pk=case.payment_id)
        run = make.run_of(payment)
        make.drive(payment, now=run.due_at)

        payment.refresh_from_db()
        assert answer.status_code == 302
        assert payment.status == PaymentStatus.SUCCEEDED

    @pytest.mark.parametrize(
        "fields",
        [
            {"decision": "approve", "reason": "stolen_or_tested_card"},
            {"decision": "approve", "reason": "other", "note": ""},
            {"decision": "perhaps", "reason": "other"},
            {"decision": "approve"},
        ],
    )
    def test_refuses_what_is_wrong(self, staff, case, fields):
        page = staff.post(self.address(case), fields)

        case.refresh_from_db()
        assert page.status_code == 200
        assert case.state == "open"

    def test_who_may_only_look_cannot_decide(self, case):
        client = somebody("view_reviewcase")

        answer = client.post(self.address(case), {"decision": "approve", "reason": "score_wrong"})

        case.refresh_from_db()
        assert answer.status_code == 403
        assert case.state == "open"
