"""INV-04, 05, 10: nothing is asked of the gateway before it is written down, nor under two keys, nor too late."""

from core.invariants.invariant import Check, Invariant

CHARGES, INTENTS, REFUNDS, REQUESTS = (
    ("g_charges",),
    ("g_intents",),
    ("g_refunds",),
    ("g_requests",),
)

INTENT_FIRST = Invariant(
    "INV-04",
    "Everything of ours at the gateway was written down here before it was asked for",
    (
        Check(
            "a payment exists at the gateway that no row announced",
            """
            SELECT g.id AS intent, g.operation_id, g.created, k.first_sent_at FROM g_intents g
            LEFT JOIN payments_gatewaycall k ON k.operation_id = g.operation_id AND k.verb = 'authorise'
            WHERE g.operation_id <> '' AND g.created < %(settled)s
                AND (k.id IS NULL OR k.first_sent_at > g.created + interval '1 second')
            """,
            INTENTS,
        ),
        Check(
            "money was taken that no row announced",
            """
            SELECT c.id AS charge, c.operation_id FROM g_charges c
            LEFT JOIN payments_gatewaycall k ON k.operation_id = c.operation_id AND k.verb = 'capture'
            WHERE c.status = 'succeeded' AND c.captured AND c.operation_id <> '' AND c.created < %(settled)s
                AND k.id IS NULL
            """,
            CHARGES,
        ),
        Check(
            "a refund exists at the gateway that no row announced",
            """
            SELECT g.id AS refund, g.operation_id, g.created, k.first_sent_at FROM g_refunds g
            LEFT JOIN payments_gatewaycall k ON k.operation_id = g.operation_id AND k.verb = 'refund'
            WHERE g.operation_id <> '' AND g.created < %(settled)s
                AND (k.id IS NULL OR k.first_sent_at > g.created + interval '1 second')
            """,
            REFUNDS,
        ),
    ),
)

KEY_DISCIPLINE = Invariant(
    "INV-05",
    "One operation has one key for each verb, and one key has one set of parameters",
    (
        Check(
            "one operation used several keys for the same verb",
            """
            SELECT operation_id, verb, array_agg(DISTINCT key) AS keys FROM payments_gatewaycall
            GROUP BY operation_id, verb HAVING count(DISTINCT key) > 1
            """,
        ),
        Check(
            "one key was written down for several sets of parameters",
            """
            SELECT key, array_agg(DISTINCT params_hash) AS hashes FROM payments_gatewaycall
            GROUP BY key HAVING count(DISTINCT params_hash) > 1
            """,
        ),
        Check(
            "the gateway saw one key with several sets of parameters",
            """
            SELECT key, count(DISTINCT path || parameters) AS sets FROM g_requests WHERE key <> ''
            GROUP BY key HAVING count(DISTINCT path || parameters) > 1
            """,
            REQUESTS,
        ),
        Check(
            "the gateway saw several keys for one operation",
            """
            SELECT operation_id, path, array_agg(DISTINCT key) AS keys FROM g_requests WHERE operation_id <> ''
            GROUP BY operation_id, path HAVING count(DISTINCT key) > 1
            """,
            REQUESTS,
        ),
        Check(
            "the gateway was asked to move money without a key, or under one that is not written down",
            """
            SELECT r.at, r.path, r.key FROM g_requests r
            LEFT JOIN payments_gatewaycall k ON k.key = r.key
            WHERE (r.path LIKE '/v1/payment_intents%%' OR r.path LIKE '/v1/refunds%%')
                AND r.at < %(settled)s AND k.id IS NULL
            """,
            REQUESTS,
        ),
    ),
)

NO_OLD_KEYS = Invariant(
    "INV-10",
    "No key is sent again once the gateway may have forgotten it",
    (
        Check(
            "a key was sent again 24 hours or more after its first use",
            """
            SELECT key, first_sent_at, last_sent_at FROM payments_gatewaycall
            WHERE last_sent_at >= first_sent_at + interval '24 hours'
            """,
        ),
        Check(
            "the gateway saw a key again 24 hours or more after its first use",
            """
            SELECT key, min(at) AS first_at, max(at) AS last_at FROM g_requests WHERE key <> ''
            GROUP BY key HAVING max(at) >= min(at) + interval '24 hours'
            """,
            REQUESTS,
        ),
    ),
)

INVARIANTS = (INTENT_FIRST, KEY_DISCIPLINE, NO_OLD_KEYS)
