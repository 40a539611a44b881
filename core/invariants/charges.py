"""INV-01 to 03, 08, 09: money is taken at most once, and as it was shown.

Sample sales (`pi_sample_…`) fill the screens of a laptop and never were at a gateway.
"""

from core.invariants.invariant import Check, Invariant

CHARGES, INTENTS = ("g_charges",), ("g_intents",)

AT_MOST_ONCE = Invariant(
    "INV-01",
    "No operation has more than one successful charge, and no booking is paid for twice",
    (
        Check(
            "the gateway has several successful charges for one operation",
            """
            SELECT operation_id, array_agg(id ORDER BY id) AS charges FROM g_charges
            WHERE status = 'succeeded' AND operation_id <> ''
            GROUP BY operation_id HAVING count(*) > 1
            """,
            CHARGES,
        ),
        Check(
            "the gateway has taken the price of one booking several times and not given it back",
            """
            SELECT c.booking, array_agg(c.id ORDER BY c.id) AS charges FROM g_charges c
            LEFT JOIN payments_payment p ON p.gateway_id = c.intent
            WHERE c.status = 'succeeded' AND c.captured AND c.booking <> ''
                AND c.amount_refunded < c.amount_captured
                AND coalesce(p.refunded_minor < p.captured_minor, true)
            GROUP BY c.booking, coalesce(p.purpose, 'price') HAVING count(*) > 1
            """,
            CHARGES,
        ),
        Check(
            "several payments of one booking were taken for the same amount owed",
            """
            SELECT booking_id, purpose, array_agg(id) AS payments FROM payments_payment
            WHERE status = 'succeeded' AND refunded_minor < captured_minor
            GROUP BY booking_id, purpose HAVING count(*) > 1
            """,
        ),
    ),
)

NO_PAID_WITHOUT_GATEWAY = Invariant(
    "INV-02",
    "Every payment that was taken has a charge at the gateway of the same amount and currency",
    (
        Check(
            "a payment is called taken, and the gateway has no such charge or another amount",
            """
            SELECT p.id AS payment, p.gateway_id, p.captured_minor, c.id AS charge, c.amount_captured, c.currency
            FROM payments_payment p
            LEFT JOIN g_charges c ON c.intent = p.gateway_id AND c.status = 'succeeded' AND c.captured
            WHERE p.status = 'succeeded' AND p.gateway_id NOT LIKE 'pi_sample_%%'
                AND (c.id IS NULL OR c.amount_captured <> p.captured_minor OR c.currency <> p.currency)
            """,
            CHARGES,
        ),
    ),
)

NO_CHARGE_UNKNOWN = Invariant(
    "INV-03",
    "Every charge at the gateway belongs to exactly one payment in a matching state",
    (
        Check(
            "a charge bears no operation: nobody here asked for it",
            """
            SELECT id AS charge, intent, amount FROM g_charges
            WHERE status = 'succeeded' AND operation_id = '' AND created < %(settled)s
            """,
            CHARGES,
        ),
        Check(
            "a charge belongs to no payment of ours",
            """
            SELECT c.id AS charge, c.intent, c.operation_id, c.amount FROM g_charges c
            LEFT JOIN payments_payment p ON p.operation_id = c.operation_id
            WHERE c.status = 'succeeded' AND c.operation_id <> '' AND c.created < %(settled)s AND p.id IS NULL
            """,
            CHARGES,
        ),
        Check(
            "money was taken at the gateway for a payment that is not taken here",
            """
            SELECT c.id AS charge, c.amount_captured, p.id AS payment, p.status FROM g_charges c
            JOIN payments_payment p ON p.operation_id = c.operation_id
            LEFT JOIN payments_straymoney s ON s.gateway_id = c.intent AND (
                s.status = 'matched'
                OR s.status = 'given_back' AND c.amount_refunded = c.amount_captured)
            WHERE c.status = 'succeeded' AND c.captured AND p.status <> 'succeeded'
                AND c.created < %(settled)s AND p.changed_at < %(settled)s AND s.id IS NULL
            """,
            CHARGES,
        ),
        Check(
            "money is set aside at the gateway for a payment that has ended here",
            """
            SELECT g.id AS intent, g.amount, p.id AS payment, p.status FROM g_intents g
            JOIN payments_payment p ON p.operation_id = g.operation_id
            WHERE g.status = 'requires_capture' AND g.created < %(settled)s AND p.changed_at < %(settled)s
                AND p.status IN ('blocked', 'failed', 'cancelled', 'lapsed', 'succeeded')
            """,
            INTENTS,
        ),
        Check(
            "a payment and its charge don't name each other",
            """
            SELECT p.id AS payment, p.gateway_id, c.id AS charge, c.intent FROM g_charges c
            JOIN payments_payment p ON p.operation_id = c.operation_id
            WHERE c.status = 'succeeded' AND c.captured AND p.status = 'succeeded' AND p.gateway_id <> c.intent
            """,
            CHARGES,
        ),
    ),
)

UNITS = Invariant(
    "INV-08",
    "Amounts are whole, positive and within the currency's limits, and one sale has one currency",
    (
        Check(
            "an amount is outside what a card may be charged",
            """
            SELECT id AS payment, amount_minor FROM payments_payment WHERE amount_minor NOT BETWEEN 30 AND 99999999
            """,
        ),
        Check(
            "an amount is negative, or a refund is of nothing",
            """
            SELECT 'booking' AS kind, id, total_minor AS amount FROM courses_booking WHERE total_minor < 0
            UNION ALL SELECT 'refund', id, amount_minor FROM payments_refund WHERE amount_minor < 1
            UNION ALL SELECT 'payment', id, captured_minor FROM payments_payment
                WHERE captured_minor < 0 OR captured_minor > amount_minor
            """,
        ),
        Check(
            "booking, payment, refund and document of one sale have different currencies",
            """
            SELECT p.id AS payment, b.currency AS booking, p.currency AS paid, r.currency AS refunded,
                d.currency AS document
            FROM payments_payment p JOIN courses_booking b ON b.id = p.booking_id
            LEFT JOIN payments_refund r ON r.payment_id = p.id
            LEFT JOIN invoicing_document d ON d.payment_id = p.id
            WHERE p.currency <> b.currency OR r.currency <> p.currency OR d.currency <> p.currency
            """,
        ),
        Check(
            "a payment has another currency at the gateway",
            """
            SELECT p.id AS payment, p.currency, g.currency AS at_gateway FROM payments_payment p
            JOIN g_intents g ON g.id = p.gateway_id WHERE g.currency <> p.currency
            """,
            INTENTS,
        ),
    ),
)

PRICE_AUTHORITY = Invariant(
    "INV-09",
    "What is charged is the total worked out again from the booking's own price",
    (
        Check(
            "a line's amounts don't follow from its unit price, number and VAT rate",
            """
            SELECT b.id AS booking, line FROM courses_booking b, jsonb_array_elements(b.lines) AS line,
            LATERAL (
                SELECT (line->>'quantity')::bigint * (line->>'unit_gross_minor')::bigint AS gross,
                    (line->>'vat_rate_bp')::bigint AS rate
            ) AS own
            WHERE (line->>'gross_minor')::bigint <> gross
                OR (line->>'vat_minor')::bigint <> (2 * gross * rate + 10000 + rate) / (2 * (10000 + rate))
                OR (line->>'net_minor')::bigint <> gross - (line->>'vat_minor')::bigint
            """,
        ),
        Check(
            "a booking's lines don't sum to its total",
            """
            SELECT b.id AS booking, b.total_minor, sum((line->>'gross_minor')::bigint) AS lines
            FROM courses_booking b LEFT JOIN jsonb_array_elements(b.lines) AS line ON true
            GROUP BY b.id HAVING coalesce(sum((line->>'gross_minor')::bigint), 0) <> b.total_minor
            """,
        ),
        Check(
            "a payment asks for another amount than the booking's total",
            """
            SELECT p.id AS payment, p.amount_minor, b.total_minor FROM payments_payment p
            JOIN courses_booking b ON b.id = p.booking_id
            WHERE p.purpose = 'price' AND p.amount_minor <> b.total_minor
            """,
        ),
        Check(
            "the gateway was asked for another amount than the payment's",
            """
            SELECT p.id AS payment, p.amount_minor, g.amount AS at_gateway FROM payments_payment p
            JOIN g_intents g ON g.operation_id = p.operation_id WHERE g.amount <> p.amount_minor
            """,
            INTENTS,
        ),
        Check(
            "a payment for a move asks for another amount than the difference, or for a move of another booking",
            """
            SELECT p.id AS payment, p.purpose, p.amount_minor, m.difference_minor FROM payments_payment p
            LEFT JOIN courses_move m ON 'move-' || replace(m.id::text, '-', '') = p.purpose
                AND m.booking_id = p.booking_id
            WHERE p.purpose <> 'price' AND m.difference_minor IS DISTINCT FROM p.amount_minor
            """,
        ),
    ),
)

INVARIANTS = (
    AT_MOST_ONCE,
    NO_PAID_WITHOUT_GATEWAY,
    NO_CHARGE_UNKNOWN,
    UNITS,
    PRICE_AUTHORITY,
)
