"""A small shop that is in order, with the books of its gateway: two sales, one of them moved, a refund, a dispute, a hold, a review."""

import copy
from datetime import UTC, timedelta
from typing import Any

from django.db import connection, transaction

from core.ids import uuid7
from core.mail.models import Delivery as MailDelivery
from core.mail.models import Message as Email
from core.outbox.events import publish
from core.outbox.models import Delivery
from core.sagas.models import SagaRun, SagaStepLog
from courses.models import Booking, Venue
from courses.services import bookings, moving, waiting
from invoicing import emails
from invoicing.models import Document
from invoicing.services import files, issue
from payments.events import PaymentSucceeded
from payments.models import Dispute, GatewayCall, Payment, Refund, WebhookEvent
from payments.services import ledger, session_cancelling
from tests.courses.make import NOW, make_hold, make_session, make_venue
from tests.invoicing.builders import make_refund, make_sale

LATER = NOW + timedelta(hours=1)
GRACE = timedelta(minutes=5)
STEPS = {
    "payment": ("assess", "authorise", "assess_again", "capture", "confirm"),
    "refund": ("send", "settle"),
}
CREATED = int((NOW + timedelta(seconds=5)).astimezone(UTC).timestamp())


def build() -> dict[str, Any]:
    """Writes the rows; returns the gateway's books."""
    session = make_session(capacity=20)
    sold, refunded = make_sale(places=2, session=session), make_sale(places=2, session=session)
    moving.move(
        booking_id=sold.booking_id, session_id=make_session(venue=_another_town(), on=(NOW + timedelta(days=40)).date()).pk,
        shown_minor=0, actor="customer", now=NOW,
    )  # fmt: skip
    _call_off()
    _wait_in_vain()
    refund = make_refund(refunded, amount_minor=9600)
    for payment in (sold, refunded):
        _leave_traces_of_payment(payment)
    _call(refund.operation_id, "refund", refunded)
    _run("refund", refund.pk)
    issue.credit_note(refund_id=refund.pk, now=NOW)
    _book(sold, refunded, refund)
    dispute = _disputed(sold)
    make_hold(session, now=LATER - timedelta(minutes=1))
    _mail_documents()
    Delivery.objects.update(state="done", attempts=1, done_at=NOW)
    books = _books([sold, refunded], refund, dispute)
    _hear(books)
    return books


UNGUARD = """
    DO $$
    DECLARE
        own regclass[] := ARRAY(
            SELECT oid::regclass FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
            AND relname ~ '^(courses|payments|invoicing|outbox|sagas|mail|fraud)_'
        );
        found record;
    BEGIN
        FOR found IN SELECT unnest(own) AS relation LOOP
            EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', found.relation);
        END LOOP;
        FOR found IN SELECT conrelid::regclass AS relation, conname FROM pg_constraint
            WHERE conrelid = ANY(own) AND contype IN ('c', 'f', 'u') LOOP
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I CASCADE', found.relation, found.conname);
        END LOOP;
        FOR found IN SELECT indexrelid::regclass AS index FROM pg_index
            WHERE indrelid = ANY(own) AND indisunique AND NOT indisprimary LOOP
            EXECUTE format('DROP INDEX %s', found.index);
        END LOOP;
    END $$
"""


def unguard() -> None:
    """Takes away all that would refuse a fault: triggers, checks, unique and foreign keys."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(UNGUARD)


def changed(books: dict[str, Any], change: Any) -> dict[str, Any]:
    """A copy of the books with a fault in it."""
    other = copy.deepcopy(books)
    change(other)
    return other


# --- Rows ------------------------------------------------------------------------------------------


def _book(sold: Payment, refunded: Payment, refund: Refund) -> None:
    """The ledger: two payments, a refund, a fee; then two days are sealed."""
    for payment in (sold, refunded):
        ledger.taken(payment, now=NOW)
    ledger.given_back(refund, at=NOW, now=NOW)
    ledger.moved(
        kind="fee", key="fee:txn_1", source=sold.charge_id, stripe_minor=-34, payment_id=sold.pk,
        at=NOW, now=NOW,
    )  # fmt: skip
    ledger.seal_days(now=NOW + timedelta(days=3))


def _another_town() -> Venue:
    """Where no other world has dates."""
    return make_venue("whitby", town="Whitby")


def _call_off() -> None:
    """A date that we cancelled, with a hold that ended."""
    session = make_session(venue=_another_town(), on=(NOW + timedelta(days=50)).date())
    make_hold(session)
    session_cancelling.begin(
        session_id=session.pk, reason="too_few", note="", actor="staff:1", now=NOW
    )
    session_cancelling.settle_due(clock=lambda: NOW)


def _wait_in_vain() -> None:
    """Somebody waited, was offered a place, and let it run out."""
    session = make_session(venue=_another_town(), on=(NOW + timedelta(days=60)).date(), capacity=1)
    before = NOW - timedelta(days=1)
    held = make_hold(session, now=before)
    waiting.join(session_id=session.pk, name="Ada", email="w@example.com", places=1, now=before)
    for at in (held.hold_expires_at, before + timedelta(hours=13)):
        waiting.serve_all(now=at)
        bookings.expire_due(now=at)
        waiting.serve_all(now=at)


def _leave_traces_of_payment(payment: Payment) -> None:
    _call(payment.operation_id, "authorise", payment)
    _call(payment.operation_id, "capture", payment)
    _run("payment", payment.pk)
    issue.invoice(payment_id=payment.pk, now=NOW)
    with transaction.atomic():
        publish(
            PaymentSucceeded(
                payment_id=str(payment.pk), booking_id=str(payment.booking_id),
                amount_minor=payment.captured_minor, currency="GBP", at=NOW.isoformat(),
            ),
            now=NOW,
        )  # fmt: skip


def _call(operation_id: str, verb: str, payment: Payment) -> None:
    GatewayCall.objects.create(
        key=f"{operation_id}:{verb}", operation_id=operation_id, verb=verb, payment=payment,
        params_hash="0" * 64, first_sent_at=NOW, last_sent_at=NOW, outcome="ok", answered_at=NOW,
    )  # fmt: skip


def _run(name: str, subject_id: Any) -> None:
    steps = STEPS[name]
    run = SagaRun.objects.create(
        name=name, version=1, subject_id=subject_id, started_at=NOW, deadline_at=LATER,
        state="completed", step=steps[-1], changed_at=NOW, finished_at=NOW, due_at=NOW,
        epoch=len(steps),
    )  # fmt: skip
    SagaStepLog.objects.bulk_create(
        SagaStepLog(
            run=run, epoch=epoch, step=step, direction="do", outcome="went", attempt=1, at=NOW
        )
        for epoch, step in enumerate(steps, start=1)
    )


def _disputed(payment: Payment) -> Dispute:
    from core.money import Money

    return Dispute.open(
        payment=payment, gateway_id="dp_1", amount=Money(9600), status="won", reason="fraudulent",
        evidence_due_at=None, opened_at=NOW, now=NOW,
    )  # fmt: skip


def _mail_documents() -> None:
    for document in Document.objects.all():
        emails.send(document_id=document.pk, now=NOW)
        files.pdf(document_id=document.pk, now=NOW)
    Email.objects.update(state="sent", sent_at=NOW, attempt=1)
    MailDelivery.objects.bulk_create(
        MailDelivery(message=each, attempt=1, outcome="accepted", at=NOW)
        for each in Email.objects.all()
    )


# --- Books -----------------------------------------------------------------------------------------


def _books(payments: list[Payment], refund: Refund, dispute: Dispute) -> dict[str, Any]:
    intents = [_intent(payment) for payment in payments]
    books = {
        "payment_intents": intents,
        "charges": [_charge(payment, refund) for payment in payments],
        "refunds": [
            {
                "id": refund.gateway_id, "object": "refund", "amount": refund.amount_minor,
                "charge": refund.payment.charge_id, "payment_intent": refund.payment.gateway_id,
                "currency": "gbp", "created": CREATED, "status": "succeeded",
                "metadata": {"operation_id": refund.operation_id},
            }
        ],
        "disputes": [
            {
                "id": dispute.gateway_id, "object": "dispute", "charge": dispute.payment.charge_id,
                "amount": dispute.amount_minor, "currency": "gbp", "created": CREATED, "status": "won",
            }
        ],
        "requests": [
            _request(f"{payment.operation_id}:authorise", "/v1/payment_intents", payment)
            for payment in payments
        ],
    }  # fmt: skip
    books["balance_transactions"] = [
        *(
            _balance(
                f"txn_{number}",
                "charge",
                payment.charge_id,
                payment.captured_minor,
                34 * (number == 1),
            )
            for number, payment in enumerate(payments, start=1)
        ),
        _balance("txn_9", "refund", refund.gateway_id, -refund.amount_minor, 0),
    ]
    books["events"] = [
        *(_event("payment_intent.succeeded", each) for each in intents),
        _event("refund.created", books["refunds"][0]),
        _event("charge.dispute.closed", books["disputes"][0]),
    ]
    return books


def _intent(payment: Payment) -> dict[str, Any]:
    return {
        "id": payment.gateway_id, "object": "payment_intent", "status": "succeeded",
        "amount": payment.amount_minor, "amount_received": payment.amount_minor,
        "currency": "gbp", "created": CREATED, "metadata": _marks(payment),
    }  # fmt: skip


def _charge(payment: Payment, refund: Refund) -> dict[str, Any]:
    return {
        "id": payment.charge_id, "object": "charge", "payment_intent": payment.gateway_id,
        "status": "succeeded", "captured": True, "amount": payment.amount_minor,
        "amount_captured": payment.amount_minor,
        "amount_refunded": refund.amount_minor if refund.payment_id == payment.pk else 0,
        "currency": "gbp", "created": CREATED, "metadata": _marks(payment),
    }  # fmt: skip


def _balance(pk: str, kind: str, source: str, amount: int, fee: int) -> dict[str, Any]:
    return {
        "id": pk, "object": "balance_transaction", "reporting_category": kind, "source": source,
        "amount": amount, "fee": fee, "currency": "gbp", "created": CREATED,
    }  # fmt: skip


def _marks(payment: Payment) -> dict[str, str]:
    reference = Booking.objects.get(pk=payment.booking_id).reference
    return {"operation_id": payment.operation_id, "booking": reference}


def _request(key: str, path: str, payment: Payment) -> dict[str, Any]:
    return {
        "at": CREATED, "method": "POST", "path": path, "headers": {"key": "sk_test_", "idempotency-key": key},
        "params": {"amount": str(payment.amount_minor), "metadata": {"operation_id": payment.operation_id}},
    }  # fmt: skip


def _event(kind: str, about: dict[str, Any]) -> dict[str, Any]:
    return {"id": f"evt_{uuid7().hex}", "type": kind, "created": CREATED, "data": {"object": about}}


def _hear(books: dict[str, Any]) -> None:
    WebhookEvent.objects.bulk_create(
        WebhookEvent(
            livemode=False, event_id=each["id"], type=each["type"], object_id=each["data"]["object"]["id"],
            happened_at=NOW, received_at=NOW, next_attempt_at=NOW, processed_at=NOW, state="done", attempts=1,
        )
        for each in books["events"]
    )  # fmt: skip
