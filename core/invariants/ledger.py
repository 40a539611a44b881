"""INV-15 to 17: the ledger balances, never changes, and says what the gateway's balance says."""

from core.invariants.invariant import Check, Invariant

DOUBLE_ENTRY = Invariant(
    "INV-15",
    "Every movement sums to zero, and so do all accounts together",
    (
        Check(
            "the entries of a movement do not sum to zero, or it has fewer than two",
            """
            SELECT m.id AS movement, m.key, sum(e.amount_minor) AS total, count(e.id) AS entries
            FROM payments_ledgermovement m LEFT JOIN payments_ledgerentry e ON e.movement_id = m.id
            GROUP BY m.id, m.key HAVING coalesce(sum(e.amount_minor), 0) <> 0 OR count(e.id) < 2
            """,
        ),
        Check(
            "an entry belongs to no movement",
            """
            SELECT e.id AS entry, e.movement_id FROM payments_ledgerentry e
            LEFT JOIN payments_ledgermovement m ON m.id = e.movement_id WHERE m.id IS NULL
            """,
        ),
        Check(
            "the same fact is in the ledger twice",
            """
            SELECT key, count(*) AS times FROM payments_ledgermovement GROUP BY key HAVING count(*) > 1
            """,
        ),
    ),
)

NEVER_CHANGED = Invariant(
    "INV-16",
    "No movement says anything but what was written, and none is gone",
    (
        Check(
            "a movement is not what its digest was made of",
            """
            SELECT m.id AS movement, m.key FROM payments_ledgermovement m,
            LATERAL (
                SELECT string_agg(account || ':' || amount_minor, '|' ORDER BY (account || ':' || amount_minor) COLLATE "C")
                    AS lines
                FROM payments_ledgerentry WHERE movement_id = m.id
            ) AS said
            WHERE m.digest <> encode(sha256(convert_to(concat_ws('|', m.kind, m.key, m.source,
                (extract(epoch FROM m.at) * 1000000)::bigint, m.currency, said.lines), 'UTF8')), 'hex')
            """,
        ),
        Check(
            "a sealed day has another number of movements, or others",
            """
            SELECT s.day, s.movements, now_there.movements AS found FROM (
                SELECT *, coalesce(lag(head) OVER (ORDER BY day), '') AS before FROM payments_ledgerseal
            ) AS s,
            LATERAL (
                SELECT count(*) AS movements, coalesce(string_agg(digest, '' ORDER BY digest COLLATE "C"), '') AS digests
                FROM payments_ledgermovement
                WHERE recorded_at >= s.day::timestamp AT TIME ZONE 'Europe/London'
                    AND recorded_at < (s.day + 1)::timestamp AT TIME ZONE 'Europe/London'
            ) AS now_there
            WHERE s.movements <> now_there.movements
                OR s.head <> encode(sha256(convert_to(s.before || now_there.digests, 'UTF8')), 'hex')
            """,
        ),
        Check(
            "a day between two seals has none",
            """
            SELECT day, before FROM (SELECT day, lag(day) OVER (ORDER BY day) AS before FROM payments_ledgerseal) AS s
            WHERE day <> before + 1
            """,
        ),
    ),
)

MONEY_CONSERVED = Invariant(
    "INV-17",
    "What moved at the gateway moved in the ledger, by the same amount, and the other way round",
    (
        Check(
            "a payment that was taken has no movement, or one of another amount",
            """
            SELECT p.id AS payment, p.captured_minor, e.amount_minor AS ledger FROM payments_payment p
            LEFT JOIN payments_ledgermovement m ON m.kind = 'charge' AND m.source = p.charge_id
            LEFT JOIN payments_ledgerentry e ON e.movement_id = m.id AND e.account = 'stripe'
            WHERE p.status = 'succeeded' AND p.captured_at < %(settled)s
                AND e.amount_minor IS DISTINCT FROM p.captured_minor
            """,
        ),
        Check(
            "a refund that was made has no movement, or one of another amount",
            """
            SELECT r.id AS refund, r.amount_minor, e.amount_minor AS ledger FROM payments_refund r
            LEFT JOIN payments_ledgermovement m ON m.kind = 'refund' AND m.source = r.gateway_id
            LEFT JOIN payments_ledgerentry e ON e.movement_id = m.id AND e.account = 'stripe'
            WHERE r.status = 'succeeded' AND r.changed_at < %(settled)s
                AND e.amount_minor IS DISTINCT FROM -r.amount_minor
            """,
        ),
        Check(
            "the ledger moved money for a charge or a refund, and the gateway did not, or by another amount",
            """
            SELECT m.key, e.amount_minor AS ledger, g.amount AS at_gateway FROM payments_ledgermovement m
            JOIN payments_ledgerentry e ON e.movement_id = m.id AND e.account = 'stripe'
            LEFT JOIN g_balance g ON g.source = m.source AND g.kind = ANY(CASE m.kind
                WHEN 'charge' THEN ARRAY['charge', 'payment']
                WHEN 'refund' THEN ARRAY['refund', 'payment_refund']
                ELSE ARRAY['refund_failure'] END)
            WHERE m.kind IN ('charge', 'refund', 'refund_returned') AND m.at < %(settled)s
                AND m.source NOT LIKE '__\\_sample\\_%%'
                AND g.amount IS DISTINCT FROM e.amount_minor
            """,
            ("g_balance",),
        ),
        Check(
            "the ledger has a fee, a dispute or a payout that the gateway's balance does not have, or another amount",
            """
            SELECT m.key, e.amount_minor AS ledger, g.amount AS at_gateway, g.fee FROM payments_ledgermovement m
            JOIN payments_ledgerentry e ON e.movement_id = m.id AND e.account = 'stripe'
            LEFT JOIN g_balance g ON g.id = split_part(m.key, ':', 2)
            WHERE m.kind NOT IN ('charge', 'refund', 'refund_returned') AND m.at < %(settled)s
                AND e.amount_minor IS DISTINCT FROM CASE m.kind WHEN 'fee' THEN -g.fee ELSE g.amount END
            """,
            ("g_balance",),
        ),
    ),
)

INVARIANTS = (DOUBLE_ENTRY, NEVER_CHANGED, MONEY_CONSERVED)
