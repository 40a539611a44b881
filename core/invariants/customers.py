"""INV-18 and 19: nobody has paid more than they hold, nobody got back more than they paid, nothing is below zero."""

from core.invariants.invariant import Check, Invariant

# What of a booking's payments is kept: taken, less what went back or is on its way, less what banks took.
_KEPT = """
    SELECT booking.id AS booking, booking.status, booking.total_minor AS price,
        sum(payment.captured_minor) AS paid, sum(back.amount) AS went_back, sum(lost.amount) AS lost,
        sum(payment.captured_minor - back.amount - lost.amount) AS kept,
        booking.total_minor + (
            SELECT coalesce(sum(difference_minor), 0) FROM courses_move
            WHERE booking_id = booking.id AND status = 'done' AND difference_minor > 0
        ) AS dearest
    FROM courses_booking AS booking
    JOIN payments_payment AS payment ON payment.booking_id = booking.id AND payment.status = 'succeeded'
        AND NOT payment.without_place
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(amount_minor), 0) AS amount FROM payments_refund
        WHERE payment_id = payment.id AND status NOT IN ('rejected', 'failed')
    ) AS back
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(amount_minor), 0) AS amount FROM payments_dispute
        WHERE payment_id = payment.id AND status = 'lost'
    ) AS lost
    WHERE payment.captured_at < %(settled)s
    GROUP BY booking.id
"""

CONSERVED = Invariant(
    "INV-18",
    "What is kept of a booking is what was paid less what went back and what banks took, and never above its price",
    (
        Check(
            "more is kept of a booking than it costs",
            f"SELECT * FROM ({_KEPT}) AS money WHERE kept > dearest",  # noqa: S608 - this module's own words
        ),
        Check(
            "more went back than was paid",
            f"SELECT * FROM ({_KEPT}) AS money WHERE kept + lost < 0",  # noqa: S608
        ),
    ),
)

NOT_NEGATIVE = Invariant(
    "INV-19",
    "No price, amount or count is below zero, and no customer is in the books with more than they paid",
    (
        Check(
            "an amount or a count is below zero",
            """
            SELECT 'booking' AS what, id FROM courses_booking WHERE total_minor < 0 OR places < 1
            UNION ALL SELECT 'payment', id FROM payments_payment WHERE captured_minor < 0 OR refunded_minor < 0
            UNION ALL SELECT 'session', id FROM courses_coursesession WHERE capacity < 0
            """,
        ),
        Check(
            "the ledger has given a customer more than they paid",
            """
            SELECT movement.payment_id AS payment, sum(entry.amount_minor) AS too_much
            FROM payments_ledgerentry AS entry
            JOIN payments_ledgermovement AS movement ON movement.id = entry.movement_id
            WHERE entry.account = 'sales' AND movement.payment_id IS NOT NULL AND movement.at < %(settled)s
            GROUP BY movement.payment_id HAVING sum(entry.amount_minor) > 0
            """,
        ),
    ),
)

INVARIANTS = (CONSERVED, NOT_NEGATIVE)
