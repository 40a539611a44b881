"""What a journey's page shows behind its steps."""

import pytest

from core.ids import uuid7
from core.mail.models import Message
from core.sagas.definition import Follower, followers_of
from invoicing import emails
from invoicing.services import issue
from tests.courses.make import NOW
from tests.invoicing.builders import make_refund, make_sale

pytestmark = pytest.mark.django_db


class TestFollowersOf:
    def test_a_payment_are_its_invoice_and_the_email(self):
        sale = make_sale()
        invoice = issue.invoice(payment_id=sale.pk, now=NOW)
        emails.send(document_id=invoice.pk, now=NOW)

        assert followers_of("payment", sale.pk) == [
            Follower("Invoice", True, "INV-2026-00001"),
            Follower("E-mail", False),
        ]

    def test_a_refund_are_its_credit_note_and_the_email_once_sent(self):
        sale = make_sale()
        issue.invoice(payment_id=sale.pk, now=NOW)
        refund = make_refund(sale, amount_minor=500)
        note = issue.credit_note(refund_id=refund.pk, now=NOW)
        emails.send(document_id=note.pk, now=NOW)
        Message.objects.update(state="sent", sent_at=NOW)

        assert followers_of("refund", refund.pk) == [
            Follower("Credit note", True, "CN-2026-00001"),
            Follower("E-mail", True),
        ]

    def test_an_unfinished_payment_are_still_to_come(self):
        assert followers_of("payment", uuid7()) == [
            Follower("Invoice", False),
            Follower("E-mail", False),
        ]
