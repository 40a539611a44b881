"""What the customer is told by e-mail: the right words, once, and never a reason."""

import pytest

from core.mail.models import Message
from core.sagas.models import SagaRun
from fraud.services import reviews
from payments import events, handlers
from payments.services import refunds
from tests.outbox_tools import drain_outbox
from tests.payments import make

pytestmark = pytest.mark.django_db


def mails(kind: str) -> list[Message]:
    return list(Message.objects.filter(kind=f"payments.{kind}"))


@pytest.fixture
def in_review(sandbox, now, settings):
    settings.FRAUD_REVIEW_FROM, settings.FRAUD_3DS_FROM = -1, 101
    payment = make.pay(make.ready(now=now), sandbox, now=now)
    drain_outbox()
    return payment


class TestBeingChecked:
    def test_says_what_is_kept_and_by_when(self, in_review):
        [mail] = mails("being_checked")

        assert mail.subject.startswith("We’re checking your booking RFT-")
        assert "Your card hasn’t been charged." in mail.text
        assert "£96.00" in mail.text
        assert "score" not in mail.text + mail.html

    def test_comes_once(self, in_review, now):
        event = events.PaymentUnderReview(
            payment_id=str(in_review.id),
            booking_id=str(in_review.booking_id),
            promise_at=now.isoformat(),
            at=now.isoformat(),
        )

        handlers.mail_being_checked(event)

        assert len(mails("being_checked")) == 1


class TestNotConfirmed:
    def test_follows_a_decline(self, in_review, now):
        case = reviews.ReviewCase.objects.get()
        reviews.decide(
            case_id=case.id, decision="decline", reason="not_confirmed", actor="o", now=now
        )
        drain_outbox()
        make.drive(in_review, now=now)
        drain_outbox()

        [mail] = mails("not_confirmed")
        assert mail.subject == "We couldn’t confirm your booking"
        assert mail.text.startswith("Nothing was taken.")
        assert "Could not confirm the customer" not in mail.text


class TestRefundOnItsWay:
    def test_names_the_amount_and_the_card(self, sandbox, now):
        payment = make.paid(sandbox, now=now)
        refund = refunds.request(
            payment_id=payment.id,
            amount_minor=9600,
            reason="we_cancelled",
            cancel_places=True,
            actor="o",
            now=now,
        )
        drain_outbox()
        make.drive(refund, now=now, name="refund")
        drain_outbox()

        [mail] = mails("refund_on_its_way")
        assert mail.subject == "Cancelled: £96.00 on its way back"
        assert "the Visa card ending 4242" in mail.text


class TestLateMoney:
    def test_says_that_all_of_it_goes_back(self, sandbox, now):
        payment = make.paid(sandbox, now=now)
        handlers.mail_late_money(
            events.LateMoneyReturned(
                payment_id=str(payment.id),
                booking_id=str(payment.booking_id),
                amount_minor=9600,
                currency="GBP",
                at=now.isoformat(),
            )
        )

        [mail] = mails("late_money_returned")
        assert "We’ve sent all £96.00 back to the Visa card ending 4242." in mail.text
        assert SagaRun.objects.filter(name="refund").count() == 0
