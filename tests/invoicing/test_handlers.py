"""Hearing of money: events may come twice and in any order; the papers and e-mails are the same."""

from datetime import timedelta

import pytest
from django.core import mail as outgoing
from django.db import transaction

from core import clock
from core.mail.models import Message as Email
from core.mail.tasks import send_due
from core.outbox.events import publish
from invoicing.models import Document
from payments.events import PaymentSucceeded, RefundSucceeded
from tests.courses.make import NOW
from tests.invoicing.builders import make_refund, make_sale
from tests.outbox_tools import drain_outbox

pytestmark = pytest.mark.django_db(transaction=True)


class TestPaymentSucceeded:
    def test_leaves_an_invoice_and_its_email(self):
        sale = make_sale()
        succeeded(sale)

        drain_outbox()

        invoice = Document.objects.get()
        email = Email.objects.get(kind="invoicing.invoice")
        assert email.subject == f"Invoice {invoice.label}"
        assert email.recipient == "anna@example.com"
        assert email.text.startswith("Paid, nothing to do.")

    def test_changes_nothing_when_it_comes_again(self):
        sale = make_sale()
        for _ in range(3):
            succeeded(sale)

        drain_outbox()

        assert Document.objects.count() == 1
        assert Email.objects.filter(kind="invoicing.invoice").count() == 1


class TestRefundSucceeded:
    def test_waits_for_the_invoice_when_it_comes_first(self):
        sale = make_sale()
        returned(make_refund(sale, amount_minor=9600))
        drain_outbox(may_fail=True)
        assert not Document.objects.exists()

        succeeded(sale)
        drain_outbox(may_fail=True)
        drain_outbox(now=clock.now() + timedelta(hours=2), may_fail=True)

        invoice, note = Document.objects.order_by("-kind")
        assert note.refers_to == invoice
        assert Email.objects.filter(kind="invoicing.credit_note").count() == 1

    def test_leaves_one_credit_note_for_each_refund(self):
        sale = make_sale()
        succeeded(sale)
        refunds = [make_refund(sale, amount_minor=amount) for amount in (5000, 4600)]
        for refund in [*refunds, refunds[0]]:
            returned(refund)

        drain_outbox(may_fail=True)
        drain_outbox(now=clock.now() + timedelta(hours=2), may_fail=True)

        notes = Document.objects.credit_notes()
        assert sorted(note.gross_minor for note in notes) == [4600, 5000]


class TestEmail:
    def test_brings_the_pdf(self):
        succeeded(make_sale())
        drain_outbox()

        send_due()

        sent = next(each for each in outgoing.outbox if each.subject.startswith("Invoice INV-"))
        name, content, mime = sent.attachments[0]
        assert name == f"{Document.objects.get().label}.pdf"
        assert mime == "application/pdf"
        assert content.startswith(b"%PDF-")


def succeeded(payment):
    with transaction.atomic():
        publish(
            PaymentSucceeded(
                payment_id=str(payment.pk), booking_id=str(payment.booking_id),
                amount_minor=payment.amount_minor, currency="GBP", at=NOW.isoformat(),
            )
        )  # fmt: skip


def returned(refund):
    with transaction.atomic():
        publish(
            RefundSucceeded(
                refund_id=str(refund.pk), payment_id=str(refund.payment_id),
                booking_id=str(refund.payment.booking_id), amount_minor=refund.amount_minor,
                currency="GBP", reason=refund.reason, at=NOW.isoformat(),
            )
        )  # fmt: skip
