"""INV-11 to 14 and 20: no more goes back than was taken, each refund goes once and for a reason, disputes are mirrored."""

from core.invariants.invariant import Check, Invariant

REFUND_CAP = Invariant(
    "INV-11",
    "What goes back of a payment never passes what was taken, less what its bank took back",
    (
        Check(
            "refunds and lost disputes of a payment come to more than was taken",
            """
            SELECT p.id AS payment, p.captured_minor, back.amount AS refunds, lost.amount AS lost_disputes
            FROM payments_payment p,
            LATERAL (
                SELECT coalesce(sum(amount_minor), 0) AS amount FROM payments_refund
                WHERE payment_id = p.id AND status NOT IN ('rejected', 'failed')
            ) AS back,
            LATERAL (
                SELECT coalesce(sum(amount_minor), 0) AS amount FROM payments_dispute
                WHERE payment_id = p.id AND status = 'lost'
            ) AS lost
            WHERE back.amount + lost.amount > p.captured_minor
            """,
        ),
        Check(
            "a payment has reserved another amount for refunds than its refunds come to",
            """
            SELECT p.id AS payment, p.refunded_minor, back.amount AS refunds FROM payments_payment p,
            LATERAL (
                SELECT coalesce(sum(amount_minor), 0) AS amount FROM payments_refund
                WHERE payment_id = p.id AND status NOT IN ('rejected', 'failed')
            ) AS back
            WHERE p.refunded_minor <> back.amount
            """,
        ),
        Check(
            "the gateway has given back more of a charge than it took",
            """
            SELECT c.id AS charge, c.amount_captured, sum(r.amount) AS refunds FROM g_charges c
            JOIN g_refunds r ON r.charge = c.id AND r.status IN ('pending', 'succeeded', 'requires_action')
            GROUP BY c.id, c.amount_captured HAVING sum(r.amount) > c.amount_captured
            """,
            ("g_charges", "g_refunds"),
        ),
    ),
)

REFUND_ONCE = Invariant(
    "INV-12",
    "One refund here is one refund at the gateway",
    (
        Check(
            "the gateway has several refunds for one of ours",
            """
            SELECT operation_id, array_agg(id ORDER BY id) AS refunds FROM g_refunds
            WHERE operation_id <> '' AND status NOT IN ('failed', 'canceled')
            GROUP BY operation_id HAVING count(*) > 1
            """,
            ("g_refunds",),
        ),
        Check(
            "the gateway has a refund that is not ours",
            """
            SELECT g.id AS refund, g.intent, g.amount, g.status FROM g_refunds g
            LEFT JOIN payments_refund r ON r.gateway_id = g.id OR r.operation_id = nullif(g.operation_id, '')
            LEFT JOIN payments_straymoney s ON s.gateway_id IN (g.id, g.intent) AND s.status <> 'open'
            WHERE g.status NOT IN ('failed', 'canceled') AND g.created < %(settled)s
                AND r.id IS NULL AND s.id IS NULL
            """,
            ("g_refunds",),
        ),
        Check(
            "a refund is called sent, and the gateway has none or another amount",
            """
            SELECT r.id AS refund, r.status, r.amount_minor, g.amount AS at_gateway, g.status AS status_there
            FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id
            LEFT JOIN g_refunds g ON g.id = r.gateway_id
            WHERE p.gateway_id NOT LIKE 'pi_sample_%%' AND r.status IN ('pending', 'succeeded') AND (g.id IS NULL OR g.amount <> r.amount_minor)
            """,
            ("g_refunds",),
        ),
    ),
)

REFUND_REASONED = Invariant(
    "INV-13",
    "Each refund says who asked for it and why, and above the limits who else approved it, before it was sent",
    (
        Check(
            "a refund has nobody who asked for it, or no reason",
            "SELECT id AS refund, requested_by, reason FROM payments_refund WHERE requested_by = '' OR reason = ''",
        ),
        Check(
            "a refund that needs a second person went ahead without one",
            """
            SELECT id AS refund, status, requested_by, approved_by FROM payments_refund
            WHERE needs_approval AND status NOT IN ('requested', 'sent_back', 'rejected')
                AND (approved_by = '' OR approved_by = requested_by)
            """,
        ),
        Check(
            "a refund was sent before anybody had approved it",
            """
            SELECT r.id AS refund, sent.at FROM payments_refund r
            JOIN payments_refundtransition sent ON sent.refund_id = r.id AND sent.to_status = 'in_flight'
            WHERE NOT EXISTS (
                SELECT FROM payments_refundtransition said
                WHERE said.refund_id = r.id AND said.to_status = 'approved' AND said.at <= sent.at
            )
            """,
        ),
    ),
)

NONE_INTO_A_DISPUTE = Invariant(
    "INV-14",
    "We send no refund while the bank has the payment in question",
    (
        Check(
            "a refund of ours was sent while a dispute of its payment was open",
            """
            SELECT r.id AS refund, d.gateway_id AS dispute, sent.at FROM payments_refund r
            JOIN payments_refundtransition sent ON sent.refund_id = r.id AND sent.to_status = 'in_flight'
            JOIN payments_dispute d ON d.payment_id = r.payment_id
            JOIN LATERAL (
                SELECT min(at) AS at FROM payments_disputetransition WHERE dispute_id = d.id
            ) AS known ON true
            LEFT JOIN LATERAL (
                SELECT min(at) AS at FROM payments_disputetransition
                WHERE dispute_id = d.id AND to_status IN ('won', 'lost', 'warning_closed', 'prevented')
            ) AS ended ON true
            WHERE NOT r.external AND sent.at > known.at AND (ended.at IS NULL OR sent.at < ended.at)
            """,
        ),
    ),
)

DISPUTES_MIRRORED = Invariant(
    "INV-20",
    "Every dispute at the gateway stands here as it stands there",
    (
        Check(
            "a dispute at the gateway is not known here, or stands otherwise",
            """
            SELECT g.id AS dispute, g.status AS status_there, d.status AS status_here FROM g_disputes g
            JOIN payments_payment p ON p.charge_id = g.charge
            LEFT JOIN payments_dispute d ON d.gateway_id = g.id
            WHERE g.created < %(settled)s AND d.status IS DISTINCT FROM g.status
            """,
            ("g_disputes",),
        ),
    ),
)

INVARIANTS = (REFUND_CAP, REFUND_ONCE, REFUND_REASONED, NONE_INTO_A_DISPUTE, DISPUTES_MIRRORED)
