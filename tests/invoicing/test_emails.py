"""The e-mail that brings a document: its words, whatever people are called, and once."""

from dataclasses import replace

import pytest

from core.audit.models import AuditEntry
from core.mail.attachments import AttachmentReference, provided
from core.mail.models import Message
from invoicing import emails
from invoicing.services import issue
from tests.courses.make import NOW
from tests.invoicing.builders import COMPANY, make_refund, make_sale

pytestmark = pytest.mark.django_db
HOSTILE = [
    "<script>alert(1)</script>",
    "{{ 7*7 }}",
    "PO\"'><img src=x>",
    "PO\r\nBcc: x@example.test",
]


class TestSend:
    def test_says_that_nothing_is_to_be_done(self):
        invoice = issue.invoice(payment_id=make_sale(places=2).pk, now=NOW)

        message = emails.send(document_id=invoice.pk, now=NOW)

        assert message.subject == "Invoice INV-2026-00001"
        assert message.recipient == "anna@example.com"
        for words in (message.text, message.html):
            assert "Paid, nothing to do." in words
            assert "£192.00" in words
            assert "PO-20417" in words
            assert "Visa ending 4242" in words

    def test_names_the_invoice_that_a_credit_note_credits(self):
        sale = make_sale(places=2)
        issue.invoice(payment_id=sale.pk, now=NOW)
        note = issue.credit_note(refund_id=make_refund(sale, amount_minor=9600).pk, now=NOW)

        message = emails.send(document_id=note.pk, now=NOW)

        assert message.subject == "Credit note CN-2026-00001"
        assert "£96.00 is on its way back to Visa ending 4242" in message.text
        assert "INV-2026-00001" in message.text

    def test_queues_one_however_often_it_is_asked(self):
        invoice = issue.invoice(payment_id=make_sale().pk, now=NOW)

        first, again = (emails.send(document_id=invoice.pk, now=NOW) for _ in range(2))

        assert first == again
        assert Message.objects.filter(kind="invoicing.invoice").count() == 1

    @pytest.mark.parametrize("words", HOSTILE)
    def test_takes_what_people_typed_as_text(self, words):
        sale = make_sale(customer=replace(COMPANY, company=words, purchase_order=words[:40]))
        invoice = issue.invoice(payment_id=sale.pk, now=NOW)

        message = emails.send(document_id=invoice.pk, now=NOW)

        assert "<script>" not in message.html
        assert "<img" not in message.html
        assert "\n" not in message.subject
        assert "49" not in message.subject


class TestSendAgain:
    def test_queues_one_more_for_each_request_and_writes_down_who_asked(self):
        invoice = issue.invoice(payment_id=make_sale().pk, now=NOW)
        emails.send(document_id=invoice.pk, now=NOW)

        for request_id in ("a", "a", "b"):
            emails.send_again(
                document_id=invoice.pk, request_id=request_id, actor="staff:7", now=NOW
            )

        assert Message.objects.filter(kind="invoicing.invoice").count() == 3
        entries = AuditEntry.objects.filter(subject=f"invoicing.document:{invoice.pk}")
        assert {entry.actor for entry in entries} == {"staff:7"}


class TestProvider:
    def test_makes_the_file_when_the_message_is_sent(self):
        invoice = issue.invoice(payment_id=make_sale().pk, now=NOW)

        attachment = provided(AttachmentReference(emails.PROVIDER, str(invoice.pk)))

        assert (attachment.name, attachment.mime) == ("INV-2026-00001.pdf", "application/pdf")
        assert attachment.content.startswith(b"%PDF-")
