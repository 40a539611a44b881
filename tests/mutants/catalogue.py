"""The faults: what is changed where, and which tests must fail then. Each is a slip that somebody could make."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """`old` occurs exactly once in `file`; the tests are run with it as `new`."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def mutant(name: str, file: str, old: str, new: str, *tests: str) -> Mutant:
    return Mutant(name, file, old, new, tests)


HOLDS = "tests/courses/test_holds.py"
CHECKOUT, SAGAS = "tests/payments/test_checkout.py", "tests/payments/test_sagas.py"
REFUNDS, REFUND_RACES = "tests/payments/test_refunds.py", "tests/races/test_refunds.py"
WEBHOOKS, GATEWAY = "tests/payments/test_webhooks.py", "tests/payments/test_gateway.py"
FAULTS, TAKING = "tests/payments/test_faults.py", "tests/payments/test_taking.py"
APPROVALS, CANCELLING = (
    "tests/payments/test_refund_approvals.py",
    "tests/payments/test_cancelling.py",
)
OUTCOMES, PLACES = "tests/courses/test_outcomes.py", "tests/races/test_places.py"
ISSUE = "tests/invoicing/services/test_issue.py"
TAX, NUMBERS = "tests/invoicing/test_tax.py", "tests/invoicing/test_numbering.py"
LEDGER = "tests/payments/test_ledger.py"
ENGINE, LEASES = "tests/core/sagas/test_engine.py", "tests/core/sagas/test_race.py"
RELAY = "tests/core/outbox/test_relay.py"
KEYS, MONEY = "tests/core/idempotency/test_keys.py", "tests/core/test_money.py"
ATTEMPTS, DISPUTES = "tests/payments/test_attempts.py", "tests/payments/test_disputes.py"
LATE, REVIEWING = "tests/payments/test_late_money.py", "tests/payments/test_reviewing.py"
POLICY, PRICING = "tests/courses/test_policy.py", "tests/courses/test_pricing.py"

CAPACITY_PY, HOLDS_PY = "courses/services/capacity.py", "courses/services/holds.py"
OUTCOMES_PY, POLICY_PY = "courses/services/outcomes.py", "courses/policy.py"
CHECKOUT_PY, SAGA_PY = "payments/services/checkout.py", "payments/sagas.py"
STRIPE_PY, CALLS_PY = "payments/gateways/stripe.py", "payments/gateways/calls.py"
CALL_ROW_PY, SIGNATURES_PY = "payments/models/gateway_call.py", "payments/gateways/signatures.py"
ATTEMPTS_PY, TAKING_PY = "payments/services/attempts.py", "payments/services/taking.py"
ENDINGS_PY, HOOKS_PY = "payments/services/endings.py", "payments/services/webhooks.py"
RESERVE_PY, REFUNDS_PY = "payments/services/reservations.py", "payments/services/refunds.py"
SENDING_PY, APPROVE_PY = (
    "payments/services/refund_sending.py",
    "payments/services/refund_approvals.py",
)
LIMITS_PY, CANCEL_PY = "payments/services/refund_limits.py", "payments/services/cancelling.py"
LATE_PY, LEDGER_PY = "payments/services/late_money.py", "payments/services/ledger.py"
ISSUE_PY, TAX_PY, NUMBER_PY = (
    "invoicing/services/issue.py",
    "invoicing/tax.py",
    "invoicing/numbering.py",
)
STATEMENTS_PY, WALK_PY = "core/sagas/statements.py", "core/sagas/walk.py"
RELAY_PY, STORE_PY = "core/outbox/relay.py", "core/idempotency/store.py"

MUTANTS = (
    # Places and prices.
    mutant("a place more than there is", CAPACITY_PY,
           "if places > left:", "if places > left + 1:", HOLDS),
    mutant("dead holds stay", CAPACITY_PY,
           "    expire(Booking.objects.dead_holds(now).filter(session=session), now=now)\n    taken,",
           "    taken,", HOLDS),
    mutant("browsers don't queue", CAPACITY_PY,
           '"SELECT pg_advisory_xact_lock(%s)"', '"SELECT %s::bigint"', PLACES, HOLDS),
    mutant("one hold more for a browser", HOLDS_PY,
           'held["holds"] >= settings', 'held["holds"] > settings', HOLDS),
    mutant("an ended hold is made longer", HOLDS_PY,
           "if ends_at is None or not booking.is_live_hold(now):", "if ends_at is None:", HOLDS),
    mutant("pounds for pence", HOLDS_PY,
           "total_minor=pricing.total([line]).minor,", "total_minor=pricing.total([line]).minor * 100,",
           HOLDS),
    mutant("a price without its places", "courses/pricing.py",
           "gross = unit_gross * quantity", "gross = unit_gross", PRICING, HOLDS),
    mutant("VAT on top instead of inside", "courses/pricing.py",
           "gross.ratio(vat_rate_bp, WHOLE_BP + vat_rate_bp)", "gross.ratio(vat_rate_bp, WHOLE_BP)",
           PRICING),
    mutant("a penny lost in sharing", "core/money.py",
           "            shares[index] += 1\n", "            pass\n", MONEY),
    mutant("currencies mix", "core/money.py",
           "if other.currency != self.currency:", "if False:", MONEY),
    # Bookings and payments.
    mutant("paying for what is not held", OUTCOMES_PY,
           "            _refuse_payment(booking, now)\n", "", OUTCOMES),
    mutant("late money takes a place that is gone", OUTCOMES_PY,
           "            _find_places_again(session, booking, now)\n            booking.confirm(now=now)",
           "            booking.confirm(now=now)", OUTCOMES, LATE),
    mutant("late money for a course that is over", OUTCOMES_PY,
           "    if not session.is_open(now):\n        raise PlacesSoldOut(places_left=0)\n", "",
           OUTCOMES, LATE),
    mutant("confirmed unpaid", OUTCOMES_PY,
           "if booking.total_minor > 0:", "if booking.total_minor > 1_000_000:", OUTCOMES),
    mutant("somebody else's card token", CHECKOUT_PY,
           "if payment.booking_id != booking.id or payment.move_id != (asked.move and asked.move.pk):",
           "if False:", SAGAS),
    mutant("one try more at a card", CHECKOUT_PY,
           "if len(payments) >= settings.PAYMENT_TRIES_MAX:",
           "if len(payments) > settings.PAYMENT_TRIES_MAX:", CHECKOUT),
    mutant("a free booking is charged", CHECKOUT_PY,
           "if booking.total_minor == 0:", "if booking.total_minor < 0:", CHECKOUT),
    mutant("blocked, and charged all the same", SAGA_PY,
           '    if assessment.band == "high":\n        endings.blocked',
           '    if assessment.band == "never":\n        endings.blocked', SAGAS, CHECKOUT),
    mutant("risen over the band after the bank, and kept", SAGA_PY,
           '    if assessment.band == "high":\n        return Undo("over the block band"',
           '    if assessment.band == "never":\n        return Undo("over the block band"',
           SAGAS, REVIEWING),
    mutant("no place, and no money back", SAGA_PY,
           '    elif payment.without_place:\n        return Undo("no place left")\n', "", SAGAS, LATE),
    mutant("taken after all, and kept", SAGA_PY,
           "        return _give_back(payment, run)\n    _refuse_unless",
           "        return Go()\n    _refuse_unless", SAGAS, FAULTS, TAKING),
    mutant("a customer's bank is not waited for", SAGA_PY,
           "if run.now < asked_at + policy.ACTION_TIME and not too_late:", "if run.now < asked_at and not too_late:", SAGAS, CHECKOUT),
    mutant("a review decided too late is taken", SAGA_PY,
           'if case.state == "open" and case.hard_limit_at <= run.now:', "if False:", REVIEWING, SAGAS),
    # The gateway.
    mutant("taken at once", STRIPE_PY,
           '"capture_method": "manual"', '"capture_method": "automatic"', GATEWAY, CHECKOUT),
    mutant("a hundred pence more is asked for", STRIPE_PY,
           '        "amount": amount_minor,\n        "currency"',
           '        "amount": amount_minor + 100,\n        "currency"', GATEWAY, CHECKOUT),
    mutant("another amount is believed", STRIPE_PY,
           "if (answer.amount, answer.currency) != (amount_minor, currency):", "if False:",
           GATEWAY, "tests/payments/test_each_call.py"),
    mutant("3-D Secure is not asked for", STRIPE_PY,
           "    if three_d_secure:\n", "    if False:\n", SAGAS),
    mutant("a key of its own for each send", CALL_ROW_PY,
           'key=f"{operation_id}:{verb}"', 'key=f"{operation_id}:{verb}:{uuid7()}"', FAULTS, GATEWAY),
    mutant("an old key is sent again", CALL_ROW_PY,
           "intent = call._insert_or_count(oldest=now - KEY_LIFETIME)",
           "intent = call._insert_or_count(oldest=now - 100 * KEY_LIFETIME)", GATEWAY, FAULTS, ATTEMPTS),
    mutant("other parameters under the same key", CALL_ROW_PY,
           '" WHERE known.params_hash = excluded.params_hash AND known.first_sent_at > %s"',
           '" WHERE known.first_sent_at > %s"', GATEWAY),
    mutant("asked inside a transaction", CALLS_PY,
           '    refuse_inside_transaction(f"gateway {verb}")\n', "", GATEWAY),
    mutant("a request without its row", CALLS_PY,
           'if method.upper() == "POST" and (not key or key != _committed_key.get()):', "if False:",
           GATEWAY),
    mutant("no answer is a no", ATTEMPTS_PY,
           "    except Unreachable as error:\n        questions.lose_sight(payment, error.gateway_code, now)\n    except KeyTooOld:",
           '    except Unreachable as error:\n        endings.failed(payment, code="declined", now=now)\n    except KeyTooOld:',
           ATTEMPTS, FAULTS),
    mutant("absent once is absent", ATTEMPTS_PY,
           "if first is not None and first <= long_ago and _sent(payment)[1] <= long_ago:", "if True:",
           ATTEMPTS, FAULTS),
    mutant("a capture without an answer is repeated blindly", TAKING_PY,
           "            questions.lose_sight(payment, error.gateway_code, now)\n        return None",
           "            raise\n        return None", TAKING, FAULTS),
    mutant("success is not told", ENDINGS_PY,
           "    owed.given(payment, now=now)\n    _tell_succeeded(payment, now)\n",
           "    owed.given(payment, now=now)\n", CHECKOUT, SAGAS),
    mutant("places stay with who was blocked", ENDINGS_PY,
           "    payment.block(now=now)\n    owed.released(payment, cause=BLOCKED, now=now)\n",
           "    payment.block(now=now)\n", SAGAS, CHECKOUT),
    # Webhooks.
    mutant("any signature will do", SIGNATURES_PY,
           "if not secret or not any(hmac.compare_digest(expected, given) for given in signatures):",
           "if not secret:", WEBHOOKS),
    mutant("an old message will do", SIGNATURES_PY,
           "if abs(now.timestamp() - sent_at) > TOLERANCE_SECONDS:", "if False:", WEBHOOKS),
    mutant("a message of another mode", HOOKS_PY,
           "if event.account or event.livemode != settings.STRIPE_SECRET_KEY.startswith(_LIVE_KEYS):",
           "if event.account:", WEBHOOKS),
    mutant("a message done by two", HOOKS_PY,
           "    if event is None:\n        return None\n    facts",
           "    if event is None:\n        event = WebhookEvent.objects.get(pk=event_pk)\n    facts",
           WEBHOOKS, "tests/races/test_webhooks.py"),
    # Money back.
    mutant("more back than was taken", RESERVE_PY,
           'captured_minor__gte=F("refunded_minor") + amount_minor,\n    ).update',
           'captured_minor__gte=amount_minor,\n    ).update', REFUNDS, REFUND_RACES),
    mutant("money back during a dispute", RESERVE_PY,
           "        ~Exists(open_dispute),\n", "", REFUNDS, DISPUTES),
    mutant("a failed refund keeps its share", SENDING_PY,
           "    reservations.release(refund)\n    refund.fail(", "    refund.fail(", REFUNDS),
    mutant("a refund that got no answer has failed", SENDING_PY,
           "    except Unreachable as error:\n        _lose_sight(refund, error.gateway_code, now)\n    except KeyTooOld:",
           '    except Unreachable as error:\n        _fail(refund, "no_answer", now)\n    except KeyTooOld:',
           REFUNDS, FAULTS),
    mutant("a refund tried twice again", REFUNDS_PY,
           "    if Refund.objects.filter(retry_of=refund).exists():\n        raise TriedAgain\n", "",
           REFUNDS),
    mutant("places kept and money back", REFUNDS_PY,
           "    if cancel_places and not waits:\n", "    if False:\n", REFUNDS, CANCELLING),
    mutant("approving one's own", APPROVE_PY,
           "    if refund.requested_by == actor:\n        raise NotYourOwn\n    refund.approve(",
           "    refund.approve(", APPROVALS),
    mutant("a pound more needs nobody", LIMITS_PY,
           "if amount > largest:", "if amount > largest + Money(100):", APPROVALS),
    mutant("a day's refunds are not summed", LIMITS_PY,
           "if _today(actor, amount.currency, now) + amount > of_a_day:", "if amount > of_a_day:",
           APPROVALS),
    mutant("a quote that is over", CANCEL_PY,
           "if owner != str(booking.pk) or now >= given.valid_until:", "if owner != str(booking.pk):",
           CANCELLING),
    mutant("a quote of another booking", CANCEL_PY,
           "if owner != str(booking.pk) or now >= given.valid_until:", "if now >= given.valid_until:",
           CANCELLING),
    mutant("a quote used twice", CANCEL_PY,
           "    _use(given, now)\n", "", CANCELLING),
    mutant("a day late for half", POLICY_PY,
           "today <= tier.until and", "today < tier.until and", POLICY),
    mutant("the odd penny is ours", POLICY_PY,
           "-(-amount.minor * refund_bp // WHOLE_BP)", "amount.minor * refund_bp // WHOLE_BP", POLICY),
    mutant("late money goes back twice", LATE_PY,
           "if known is not None or not payment.refundable.minor:", "if False:", LATE, SAGAS),
    # Paper and books.
    mutant("a second invoice", ISSUE_PY,
           "        return existing or keep(_invoice_of(payment_id), series=numbering.INVOICES, now=now)",
           "        return keep(_invoice_of(payment_id), series=numbering.INVOICES, now=now)", ISSUE),
    mutant("an invoice of another total", ISSUE_PY,
           "if document.gross_minor != payment.amount.minor:", "if False:", ISSUE),
    mutant("a number that jumps", NUMBER_PY,
           "last_number = counter.last_number + 1,", "last_number = counter.last_number + 2,", NUMBERS),
    mutant("dates that run backwards", NUMBER_PY,
           "greatest(counter.last_issued_at, excluded.last_issued_at)", "excluded.last_issued_at", NUMBERS),
    mutant("the year of Greenwich", NUMBER_PY,
           "formats.local_date(now).year", "now.year", NUMBERS),
    mutant("VAT of parts that is not the whole's", TAX_PY,
           "missing = _vat_of_first(line, gross_before + gross) - vat_before",
           "missing = _vat_of_first(line, gross)", TAX),
    mutant("more credited than invoiced", TAX_PY,
           "if not 0 < amount_minor <= sum(left):", "if not 0 < amount_minor:", TAX),
    mutant("half a penny down", TAX_PY,
           "return (2 * numerator + denominator) // (2 * denominator)", "return numerator // denominator",
           TAX),
    mutant("one-sided books", LEDGER_PY,
           "return Line(_A.STRIPE, stripe_minor), Line(against, -stripe_minor)",
           "return Line(_A.STRIPE, stripe_minor), Line(against, stripe_minor)", LEDGER),
    mutant("a refund booked as income", LEDGER_PY,
           "stripe_minor=-refund.amount_minor,", "stripe_minor=refund.amount_minor,", LEDGER),
    # The machines beneath.
    mutant("a saga without its fence", STATEMENTS_PY,
           'GUARD = "AND epoch = %(seen_epoch)s"', 'GUARD = "AND %(seen_epoch)s::int IS NOT NULL"',
           LEASES, ENGINE),
    mutant("a lease that two hold", STATEMENTS_PY,
           "    WHERE id = %(id)s AND state IN ({_OPEN_SQL}) AND due_at <= %(now)s\n      AND (leased_until IS NULL OR leased_until <= %(now)s)\n    RETURNING *",
           "    WHERE id = %(id)s AND state IN ({_OPEN_SQL}) AND due_at <= %(now)s\n    RETURNING *",
           LEASES, ENGINE),
    mutant("undone steps are not undone", WALK_PY,
           "remaining = self.definition.to_undo_before(step)\n        state = states.after",
           "remaining = ()\n        state = states.after", ENGINE),
    mutant("an event handled after its claim was lost", RELAY_PY,
           "if Delivery.objects.mark_done(claims, now=now) != len(claims):",
           "if Delivery.objects.mark_done(claims, now=now) > len(claims):",
           RELAY, "tests/core/outbox/test_race.py"),
    mutant("a key for another request", STORE_PY,
           "if row.fingerprint != fingerprint:", "if False:", KEYS),
    mutant("two requests under one key", STORE_PY,
           "if row.locked_until > now:", "if False:", KEYS, "tests/core/idempotency/test_races.py"),
)  # fmt: skip
