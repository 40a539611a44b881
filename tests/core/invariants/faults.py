"""One planted fault for each check: the statement, or the change of the gateway's books, that must make it fire."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Books = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """`check` counts the checks of an invariant from 0."""

    id: str
    check: int
    sql: str = ""
    books: Callable[[Books], object] | None = None

    def __str__(self) -> str:
        return f"{self.id}.{self.check}"


SOLD = "(SELECT id FROM payments_payment WHERE refunded_minor = 0 LIMIT 1)"
REFUNDED = "(SELECT id FROM payments_payment WHERE refunded_minor > 0 LIMIT 1)"
CONFIRMED = "(SELECT id FROM courses_booking WHERE status = 'confirmed' LIMIT 1)"
INVOICE = "(SELECT id FROM invoicing_document WHERE kind = 'invoice' LIMIT 1)"
PAYMENT_RUN = "(SELECT id FROM sagas_sagarun WHERE name = 'payment' LIMIT 1)"
HELD = "(SELECT id FROM courses_booking WHERE status = 'held' LIMIT 1)"


def copy_of(table: str, where: str = "true", **changes: str) -> str:
    """Inserts a copy of one row with some columns changed."""
    columns = ", ".join(
        f"'{name}', {value}" for name, value in {"id": "gen_random_uuid()", **changes}.items()
    )
    return (
        f"INSERT INTO {table} SELECT (jsonb_populate_record(row, jsonb_build_object({columns}))).*"
        f" FROM {table} AS row WHERE {where} LIMIT 1"
    )


def change(collection: str, number: int, **values: Any) -> Callable[[Books], object]:
    return lambda books: books[collection][number].update(values)


def again(collection: str, **values: Any) -> Callable[[Books], object]:
    """One more like the first."""
    return lambda books: books[collection].append({**books[collection][0], **values})


def without(collection: str) -> Callable[[Books], object]:
    return lambda books: books[collection].clear()


def unmarked(collection: str) -> Callable[[Books], object]:
    return change(collection, 0, metadata={})


def request(**values: Any) -> Callable[[Books], object]:
    return again("requests", **values)


ANSWER = (
    "INSERT INTO payments_disputeanswer (id, status, changed_at, checks, kind, evidence, note, decided_by,"
    " operation_id, failure_code, created_at, dispute_id) SELECT gen_random_uuid(), 'in_flight', '2026-11-01Z', 0,"
    " 'evidence', '\\x00', '\\x00', 'staff:1', 'answer-1', '', '2026-11-01Z', id FROM payments_dispute LIMIT 1"
)
ANSWER_MOVE = (
    "INSERT INTO payments_disputeanswertransition (id, answer_id, from_status, to_status, action, actor, cause,"
    " trace_id, at) VALUES (gen_random_uuid(), gen_random_uuid(), 'sent', 'decided', 'x', '', '', '', now())"
)
AUDITED = (
    "INSERT INTO audit_auditentry (subject, sequence, action, actor, reason, at, trace_id, previous_hash, hash)"
    " VALUES ('x', {place}, 'a', 'b', '', now(), '', repeat('0', 64), repeat('1', 64))"
)

FAULTS = (
    # Charges
    Fault("INV-01", 0, books=again("charges", id="ch_twice")),
    Fault("INV-01", 1, books=lambda b: b["charges"].append(
        {**b["charges"][0], "id": "ch_other", "payment_intent": "pi_other",
         "metadata": {**b["charges"][0]["metadata"], "operation_id": "pay-other"}})),
    Fault("INV-01", 2, copy_of("payments_payment", f"id = {SOLD}")),
    Fault("INV-02", 0, books=change("charges", 0, captured=False)),
    Fault("INV-03", 0, books=unmarked("charges")),
    Fault("INV-03", 1, books=again("charges", id="ch_x", metadata={"operation_id": "pay-nobody"})),
    Fault("INV-03", 2, f"UPDATE payments_payment SET status = 'failed' WHERE id = {SOLD}"),
    Fault("INV-03", 3, f"UPDATE payments_payment SET status = 'cancelled' WHERE id = {SOLD}",
          change("payment_intents", 0, status="requires_capture")),
    Fault("INV-03", 4, books=change("charges", 0, payment_intent="pi_another")),
    Fault("INV-04", 0, "DELETE FROM payments_gatewaycall WHERE verb = 'authorise'"),
    Fault("INV-04", 1, "DELETE FROM payments_gatewaycall WHERE verb = 'capture'"),
    Fault("INV-04", 2, "UPDATE payments_gatewaycall SET first_sent_at = first_sent_at + interval '7 s' WHERE verb = 'refund'"),
    Fault("INV-05", 0, copy_of("payments_gatewaycall", key="'another'")),
    Fault("INV-05", 1, copy_of("payments_gatewaycall", params_hash="'another'")),
    Fault("INV-05", 2, books=lambda b: b["requests"].append({**b["requests"][0], "params": {"amount": "1"}})),
    Fault("INV-05", 3, books=lambda b: b["requests"].append(
        {**b["requests"][0], "headers": {"key": "sk_test_", "idempotency-key": "another"}})),
    Fault("INV-05", 4, books=request(headers={"key": "sk_test_"})),
    Fault("INV-06", 0, f"UPDATE payments_payment SET status = 'unknown' WHERE id = {SOLD}"),
    Fault("INV-06", 1, "UPDATE payments_refund SET status = 'in_flight'"),
    Fault("INV-06", 2, f"UPDATE sagas_sagarun SET state = 'waiting', finished_at = NULL WHERE id = {PAYMENT_RUN}"),
    Fault("INV-06", 3, f"UPDATE courses_booking SET status = 'paying' WHERE id = {CONFIRMED}"),
    Fault("INV-06", 4, "UPDATE payments_calledoffbooking SET status = 'waiting'"),
    Fault("INV-06", 5, """
        INSERT INTO fraud_reviewcase (id, payment_id, assessment_id, booking_reference, amount_minor, currency, state,
            opened_at, promise_at, hard_limit_at, decided_by, reason, note)
        VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'RFT-AAAAAA', 1, 'GBP', 'open',
            '2026-11-23Z', '2026-11-23Z', '2026-11-23Z', '', '', '')"""),
    # Moves
    Fault("INV-06", 7, "UPDATE courses_move SET status = 'paying', done_at = NULL"),
    Fault("INV-07", 0, "UPDATE courses_bookingtransition SET came_from = 'cancelled' WHERE went_to = 'confirmed'"),
    Fault("INV-07", 1, "UPDATE courses_bookingtransition SET came_from = 'expired' WHERE went_to = 'confirmed'"),
    Fault("INV-07", 2, f"UPDATE courses_booking SET status = 'cancelled' WHERE id = {CONFIRMED}"),
    Fault("INV-07", 3, "UPDATE courses_movetransition SET came_from = 'done' WHERE went_to = 'done'"),
    Fault("INV-07", 4, "DELETE FROM courses_movetransition WHERE went_to = 'open'"),
    Fault("INV-07", 5, "UPDATE courses_move SET status = 'expired', done_at = NULL"),
    Fault("INV-07", 6, "UPDATE payments_paymenttransition SET from_status = 'failed' WHERE to_status = 'succeeded'"),
    Fault("INV-07", 7, "DELETE FROM payments_paymenttransition WHERE to_status = 'authorised'"),
    Fault("INV-07", 8, f"UPDATE payments_payment SET status = 'lapsed' WHERE id = {SOLD}"),
    Fault("INV-07", 9, "UPDATE payments_refundtransition SET from_status = 'rejected' WHERE to_status = 'succeeded'"),
    Fault("INV-07", 10, "DELETE FROM payments_refundtransition WHERE to_status = 'approved'"),
    Fault("INV-07", 11, "UPDATE payments_refund SET status = 'failed'"),
    Fault("INV-07", 12, "UPDATE courses_waitinglistentrytransition SET came_from = 'taken' WHERE went_to = 'lapsed'"),
    Fault("INV-07", 13, "DELETE FROM courses_waitinglistentrytransition WHERE went_to = 'waiting'"),
    Fault("INV-07", 14, "UPDATE courses_waitinglistentry SET status = 'taken'"),
    Fault("INV-07", 15, "UPDATE payments_calledoffbookingtransition SET from_status = 'moved' WHERE to_status = 'ended'"),
    Fault("INV-07", 16, "DELETE FROM payments_calledoffbookingtransition WHERE to_status = 'waiting'"),
    Fault("INV-07", 17, "UPDATE payments_calledoffbooking SET status = 'refunded'"),
    # Amounts
    Fault("INV-08", 0, f"UPDATE payments_payment SET amount_minor = 1 WHERE id = {SOLD}"),
    Fault("INV-08", 1, "UPDATE payments_refund SET amount_minor = 0"),
    Fault("INV-08", 2, "UPDATE payments_refund SET currency = 'EUR'"),
    Fault("INV-08", 3, books=change("payment_intents", 0, currency="eur")),
    Fault("INV-09", 0, f"UPDATE courses_booking SET lines = jsonb_set(lines, '{{0,vat_minor}}', '1') WHERE id = {CONFIRMED}"),
    Fault("INV-09", 1, f"UPDATE courses_booking SET total_minor = total_minor - 1 WHERE id = {CONFIRMED}"),
    Fault("INV-09", 2, f"UPDATE payments_payment SET amount_minor = amount_minor - 100 WHERE id = {SOLD}"),
    Fault("INV-09", 3, books=change("payment_intents", 0, amount=100)),
    Fault("INV-09", 4, f"UPDATE payments_payment SET purpose = 'move-' || repeat('0', 32) WHERE id = {SOLD}"),
    Fault("INV-10", 0, "UPDATE payments_gatewaycall SET last_sent_at = first_sent_at + interval '24 hours'"),
    Fault("INV-10", 1, books=lambda b: b["requests"].append({**b["requests"][0], "at": b["requests"][0]["at"] + 86400})),
    # Refunds
    Fault("INV-11", 0, "UPDATE payments_refund SET amount_minor = 19201"),
    Fault("INV-11", 1, f"UPDATE payments_payment SET refunded_minor = 1 WHERE id = {REFUNDED}"),
    Fault("INV-11", 2, books=change("refunds", 0, amount=19201)),
    Fault("INV-12", 0, books=again("refunds", id="re_twice")),
    Fault("INV-12", 1, books=again("refunds", id="re_x", metadata={})),
    Fault("INV-12", 2, books=without("refunds")),
    Fault("INV-13", 0, "UPDATE payments_refund SET requested_by = ''"),
    Fault("INV-13", 1, "UPDATE payments_refund SET needs_approval = true"),
    Fault("INV-13", 2, "DELETE FROM payments_refundtransition WHERE to_status = 'approved'"),
    Fault("INV-14", 0, "UPDATE payments_dispute SET payment_id = (SELECT payment_id FROM payments_refund LIMIT 1); UPDATE payments_disputetransition SET at = at - interval '1 hour', to_status = 'needs_response'"),
    Fault("INV-20", 0, books=change("disputes", 0, status="under_review")),
    # Places
    Fault("INV-15", 0, "UPDATE payments_ledgerentry SET amount_minor = amount_minor + 1 WHERE account = 'sales'"),
    Fault("INV-15", 1, "DELETE FROM payments_ledgermovement WHERE kind = 'fee'"),
    Fault("INV-15", 2, copy_of("payments_ledgermovement")),
    Fault("INV-16", 0, "UPDATE payments_ledgermovement SET at = at + interval '1 second' WHERE kind = 'fee'"),
    Fault("INV-16", 1, "DELETE FROM payments_ledgermovement WHERE kind = 'refund'"),
    Fault("INV-16", 2, "DELETE FROM payments_ledgerseal WHERE day = (SELECT min(day) + 1 FROM payments_ledgerseal)"),
    Fault("INV-17", 0, "DELETE FROM payments_ledgermovement WHERE kind = 'charge'"),
    Fault("INV-17", 1, "DELETE FROM payments_ledgermovement WHERE kind = 'refund'"),
    Fault("INV-17", 2, books=change("balance_transactions", 0, amount=1)),
    Fault("INV-17", 3, books=change("balance_transactions", 0, fee=35)),
    Fault("INV-21", 0, "UPDATE courses_coursesession SET capacity = 1"),
    Fault("INV-21", 1, f"UPDATE courses_booking SET places = places + 1 WHERE id = {CONFIRMED}"),
    Fault("INV-22", 0, f"UPDATE courses_booking SET status = 'expired', confirmed_at = NULL WHERE id = {CONFIRMED}"),
    Fault("INV-22", 1, "UPDATE courses_booking b SET session_id = m.from_session_id FROM courses_move m WHERE m.booking_id = b.id"),
    Fault("INV-22", 2, "UPDATE courses_move SET status = 'open', places = places + 1, expires_at = '2027-01-01Z'"),
    Fault("INV-22", 3, f"UPDATE payments_payment SET purpose = 'move-' || repeat('0', 32) WHERE id = {SOLD}"),
    Fault("INV-23", 0, f"UPDATE courses_booking SET status = 'confirmed' WHERE id = {HELD}"),
    Fault("INV-23", 0, f"UPDATE payments_payment SET without_place = true WHERE booking_id = {CONFIRMED}"),
    Fault("INV-23", 1, "UPDATE courses_move SET difference_minor = 100"),
    Fault("INV-24", 0, f"UPDATE courses_booking SET hold_expires_at = '2026-11-23Z' WHERE id = {HELD}"),
    Fault("INV-24", 1, "UPDATE courses_move SET status = 'open', expires_at = '2026-11-23Z'"),
    Fault("INV-24", 2, "UPDATE payments_payment SET status = 'processing';"
          f" UPDATE courses_booking SET status = 'expired' WHERE id = {CONFIRMED}"),
    Fault("INV-24", 3, "UPDATE courses_waitinglistentry SET status = 'offered'"),
    # Told and heard
    Fault("INV-24", 4, f"UPDATE payments_payment SET purpose = 'move-' || repeat('0', 32), status = 'processing' WHERE id = {SOLD}"),
    Fault("INV-27", 0, "DELETE FROM payments_webhookevent; UPDATE payments_refund SET status = 'pending'"),
    Fault("INV-27", 1, "UPDATE payments_webhookevent SET state = 'received'"),
    Fault("INV-28", 0, copy_of("payments_webhookevent")),
    Fault("INV-28", 1, "UPDATE payments_webhookevent SET event_id = event_id || 'x'"),
    Fault("INV-29", 0, books=change("payment_intents", 0, status="canceled")),
    Fault("INV-29", 1, books=change("refunds", 0, status="failed")),
    Fault("INV-29", 2, books=change("disputes", 0, status="lost")),
    Fault("INV-30", 0, "UPDATE outbox_delivery SET state = 'waiting', done_at = NULL"),
    Fault("INV-30", 1, "UPDATE mail_message SET state = 'queued', sent_at = NULL"),
    Fault("INV-31", 0, copy_of("outbox_delivery")),
    Fault("INV-31", 1, copy_of("outbox_message", "name = 'payments.payment_succeeded'")),
    Fault("INV-31", 2, "DELETE FROM outbox_message WHERE name = 'payments.payment_succeeded'"),
    Fault("INV-31", 3, copy_of("outbox_message", "name = 'courses.booking_confirmed'")),
    Fault("INV-31", 4, "DELETE FROM mail_message"),
    Fault("INV-31", 5, "INSERT INTO mail_delivery (message_id, attempt, outcome, answer, at)"
          " SELECT message_id, 2, 'accepted', '', at FROM mail_delivery"),
    Fault("INV-32", 0, "UPDATE payments_webhookevent SET attempts = 11"),
    Fault("INV-32", 1, "UPDATE outbox_delivery SET state = 'gave_up', error = ''"),
    # Sagas
    Fault("INV-33", 0, "DELETE FROM sagas_sagasteplog WHERE step = 'authorise'"),
    Fault("INV-33", 1, "UPDATE sagas_sagasteplog SET step = 'celebrate' WHERE step = 'confirm'"),
    Fault("INV-33", 2, f"""
        INSERT INTO sagas_sagasteplog (id, run_id, epoch, step, direction, outcome, attempt, error, at, duration_ms)
        SELECT gen_random_uuid(), {PAYMENT_RUN}, epoch, step, 'undo', 'undone', 1, '', now(), 0
        FROM (VALUES (6, 'authorise'), (7, 'capture')) AS undone (epoch, step)"""),
    Fault("INV-33", 3, f"UPDATE sagas_sagarun SET state = 'compensated' WHERE id = {PAYMENT_RUN}"),
    Fault("INV-33", 4, copy_of("sagas_sagasteplog", "step = 'capture'", direction="'undo'", outcome="'undone'", epoch="9")),
    Fault("INV-33", 5, f"UPDATE payments_payment SET status = 'capturing' WHERE id = {SOLD}"),
    Fault("INV-34", 0, copy_of("sagas_sagasteplog", outcome="'waited'")),
    Fault("INV-34", 1, copy_of("sagas_sagasteplog", epoch="4")),
    Fault("INV-34", 2, "UPDATE sagas_sagarun SET epoch = 1"),
    # Papers
    Fault("INV-35", 0, "DELETE FROM invoicing_document WHERE number = 1 AND kind = 'invoice'"),
    Fault("INV-35", 1, "UPDATE invoicing_counter SET last_number = last_number + 1"),
    Fault("INV-35", 2, f"UPDATE invoicing_document SET label = 'INV-2026-99999' WHERE id = {INVOICE}"),
    Fault("INV-36", 0, "UPDATE invoicing_document SET issued_at = issued_at - interval '1 s' WHERE number = 2"),
    Fault("INV-36", 1, f"UPDATE invoicing_document SET issued_at = '2027-01-01Z' WHERE id = {INVOICE}"),
    Fault("INV-37", 0, f"UPDATE invoicing_document SET tax_point = '2026-11-01' WHERE id = {INVOICE}"),
    Fault("INV-37", 1, "UPDATE invoicing_file SET sha256 = repeat('0', 64)"),
    Fault("INV-38", 0, f"DELETE FROM invoicing_document WHERE id = {INVOICE}"),
    Fault("INV-38", 1, f"UPDATE invoicing_document SET gross_minor = gross_minor + 1 WHERE id = {INVOICE}"),
    Fault("INV-38", 2, "DELETE FROM invoicing_document WHERE kind = 'credit_note'"),
    Fault("INV-38", 3, "UPDATE invoicing_document SET refers_to_id = id WHERE kind = 'credit_note'"),
    Fault("INV-38", 4, f"UPDATE invoicing_document SET net_minor = net_minor + 1 WHERE id = {INVOICE}"),
    Fault("INV-38", 5, f"UPDATE invoicing_document SET lines = jsonb_set(lines, '{{0,vat_minor}}', '1') WHERE id = {INVOICE}"),
    Fault("INV-38", 6, "UPDATE invoicing_document SET vat_minor = 99999 WHERE kind = 'credit_note'"),
    Fault("INV-38", 7, "UPDATE invoicing_document SET replaces_id = (SELECT id FROM invoicing_document WHERE kind = 'invoice' AND number = 1)"
          " WHERE kind = 'invoice' AND number = 2"),
    Fault("INV-38", 8, "UPDATE invoicing_document SET replaces_id = refers_to_id WHERE kind = 'credit_note'"),
    Fault("INV-06", 6, ANSWER),
    Fault("INV-07", 18, ANSWER_MOVE),
    Fault("INV-07", 19, ANSWER_MOVE),
    Fault("INV-07", 20, ANSWER),
    # Customers
    Fault("INV-18", 0, f"UPDATE courses_booking SET total_minor = 1 WHERE id = {CONFIRMED}"),
    Fault("INV-18", 1, "UPDATE payments_refund SET amount_minor = 19201"),
    Fault("INV-19", 0, f"UPDATE courses_booking SET total_minor = -1 WHERE id = {CONFIRMED}"),
    Fault("INV-19", 1, "UPDATE payments_ledgerentry SET amount_minor = 19201 WHERE account = 'sales' AND amount_minor > 0"),
    # Audit and secrets
    Fault("INV-39", 0, AUDITED.format(place=2)),
    Fault("INV-39", 1, AUDITED.format(place=1)),
    Fault("INV-39", 2, "UPDATE payments_refund SET approved_by = 'staff:2'"),
    Fault("INV-39", 3, ANSWER),
    Fault("INV-39", 4, "UPDATE invoicing_document SET replaces_id = refers_to_id, kind = 'invoice' WHERE kind = 'credit_note'"),
    Fault("INV-40", 0, "UPDATE payments_paymenttransition SET cause = 'anna@example.com' WHERE to_status = 'succeeded'"),
    Fault("INV-41", 0, "UPDATE mail_message SET text = subject"),
    Fault("INV-41", 1, copy_of("mail_message")),
)  # fmt: skip
