"""What invoicing does when it hears of money. Each may come twice and in any order; each leaves one paper."""

from uuid import UUID

from core import clock
from invoicing import emails
from invoicing.events import DocumentIssued
from invoicing.services import issue
from payments.events import PaymentSucceeded, RefundSucceeded


def issue_invoice(event: PaymentSucceeded) -> None:
    issue.invoice(payment_id=UUID(event.payment_id), now=clock.now())


def issue_credit_note(event: RefundSucceeded) -> None:
    """Raises NotYet when the payment's own event has not been handled: the delivery is tried again."""
    issue.credit_note(refund_id=UUID(event.refund_id), now=clock.now())


def mail_document(event: DocumentIssued) -> None:
    """Apart from issuing, so that nobody waits for a number while a message is sealed."""
    emails.send(document_id=UUID(event.document_id), now=clock.now())
