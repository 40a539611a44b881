"""INV-27 to 32: what the gateway tells is heard, what happened here is told, each of it once."""

from core.invariants.invariant import Check, Invariant

ALL_BOOKS = ("g_intents", "g_charges", "g_refunds", "g_disputes", "g_events")
HEARD = """
    'payment_intent.amount_capturable_updated', 'payment_intent.canceled', 'payment_intent.payment_failed',
    'payment_intent.processing', 'payment_intent.succeeded', 'charge.expired',
    'refund.created', 'refund.updated', 'refund.failed',
    'charge.dispute.created', 'charge.dispute.updated', 'charge.dispute.closed',
    'charge.dispute.funds_withdrawn', 'charge.dispute.funds_reinstated'
"""
# What a payment may be here while the gateway says that. States in which we are still asking are not judged.
PAYMENT_AGREES = """
    ('succeeded', 'succeeded'),
    ('canceled', 'cancelled'), ('canceled', 'lapsed'), ('canceled', 'failed'),
    ('requires_capture', 'authorised'),
    ('requires_action', 'requires_action'),
    ('processing', 'processing'),
    ('requires_payment_method', 'failed'), ('requires_payment_method', 'cancelled')
"""
REFUND_AGREES = """
    ('succeeded', 'succeeded'), ('pending', 'pending'), ('requires_action', 'pending'),
    ('failed', 'failed'), ('failed', 'settled_by_hand'), ('canceled', 'failed'), ('canceled', 'settled_by_hand')
"""
AGREED = f"""
    SELECT g.id FROM g_intents g JOIN payments_payment p ON p.gateway_id = g.id
        WHERE (g.status, p.status) IN ({PAYMENT_AGREES})
    UNION ALL SELECT c.id FROM g_charges c JOIN g_intents g ON g.id = c.intent
        JOIN payments_payment p ON p.gateway_id = g.id WHERE (g.status, p.status) IN ({PAYMENT_AGREES})
    UNION ALL SELECT g.id FROM g_refunds g JOIN payments_refund r ON r.gateway_id = g.id
        WHERE (g.status, r.status) IN ({REFUND_AGREES})
    UNION ALL SELECT g.id FROM g_disputes g JOIN payments_dispute d ON d.gateway_id = g.id AND d.status = g.status
"""  # noqa: S608 - this module's own words

ALL_HEARD = Invariant(
    "INV-27",
    "Every event of the gateway that matters was handled, or what it told is already so here",
    (
        Check(
            "an event never arrived or was never handled, and we don't know what it told",
            f"""
            SELECT e.id AS event, e.type, e.object_id, w.state AS inbox FROM g_events e
            LEFT JOIN payments_webhookevent w ON w.event_id = e.id
            WHERE e.type IN ({HEARD}) AND e.created < %(settled)s
                AND (w.id IS NULL OR w.state IN ('received', 'dead'))
                AND e.object_id NOT IN ({AGREED})
            """,  # noqa: S608
            ALL_BOOKS,
        ),
        Check(
            "the inbox has a message whose time has come and that nobody handles",
            """
            SELECT id AS webhook, type, attempts, next_attempt_at FROM payments_webhookevent
            WHERE state = 'received' AND next_attempt_at < %(settled)s
            """,
        ),
    ),
)

INBOX_UNIQUE = Invariant(
    "INV-28",
    "The inbox has each event of the gateway once, and nothing that the gateway did not say",
    (
        Check(
            "one event is in the inbox several times",
            """
            SELECT event_id, array_agg(id) AS rows FROM payments_webhookevent
            GROUP BY account, livemode, event_id HAVING count(*) > 1
            """,
        ),
        Check(
            "the inbox has an event that the gateway never sent",
            """
            SELECT w.id AS webhook, w.event_id, w.type FROM payments_webhookevent w
            LEFT JOIN g_events e ON e.id = w.event_id
            WHERE e.id IS NULL AND w.received_at > %(now)s - interval '29 days'
            """,
            ("g_events",),
        ),
    ),
)

ORDER_INDEPENDENT = Invariant(
    "INV-29",
    "What we say of a payment, refund or dispute follows from the gateway's object as it is now",
    (
        Check(
            "a payment is something else here than there",
            f"""
            SELECT p.id AS payment, p.status, g.status AS at_gateway FROM payments_payment p
            JOIN g_intents g ON g.id = p.gateway_id
            WHERE p.changed_at < %(settled)s AND p.status NOT IN ('created', 'in_flight', 'unknown')
                AND (g.status, p.status) NOT IN ({PAYMENT_AGREES})
            """,  # noqa: S608
            ("g_intents",),
        ),
        Check(
            "a refund is something else here than there",
            f"""
            SELECT r.id AS refund, r.status, g.status AS at_gateway FROM payments_refund r
            JOIN g_refunds g ON g.id = r.gateway_id
            WHERE r.changed_at < %(settled)s AND r.status NOT IN ('in_flight', 'unknown')
                AND (g.status, r.status) NOT IN ({REFUND_AGREES})
            """,  # noqa: S608
            ("g_refunds",),
        ),
        Check(
            "a dispute is unknown here, or something else than there",
            """
            SELECT g.id AS dispute, g.status AS at_gateway, d.status FROM g_disputes g
            JOIN g_charges c ON c.id = g.charge JOIN payments_payment p ON p.gateway_id = c.intent
            LEFT JOIN payments_dispute d ON d.gateway_id = g.id
            WHERE g.created < %(settled)s AND d.status IS DISTINCT FROM g.status
                AND coalesce(d.changed_at < %(settled)s, true)
            """,
            ("g_disputes", "g_charges"),
        ),
    ),
)

OUTBOX_DRAINS = Invariant(
    "INV-30",
    "What was published is handed over soon",
    (
        Check(
            "a delivery is due and nobody takes it",
            """
            SELECT d.id AS delivery, m.name AS event, d.handler, d.state, d.attempts, d.due_at
            FROM outbox_delivery d JOIN outbox_message m ON m.id = d.message_id
            WHERE d.state IN ('waiting', 'sending') AND d.due_at < %(settled)s - interval '10 seconds'
            """,
        ),
        Check(
            "an e-mail is due and nobody sends it",
            """
            SELECT id AS message, kind, state, attempt, due_at FROM mail_message
            WHERE state IN ('queued', 'failed', 'sending') AND due_at < %(settled)s - interval '60 seconds'
            """,
        ),
    ),
)

EFFECTS_ONCE = Invariant(
    "INV-31",
    "Each fact is told once, and each telling has one effect",
    (
        Check(
            "one handler has several deliveries of one message",
            """
            SELECT message_id AS message, handler, count(*) FROM outbox_delivery
            GROUP BY message_id, handler HAVING count(*) > 1
            """,
        ),
        Check(
            "a payment was told as taken more than once",
            """
            SELECT payload->>'payment_id' AS payment, count(*) FROM outbox_message
            WHERE name = 'payments.payment_succeeded' GROUP BY 1 HAVING count(*) > 1
            """,
        ),
        Check(
            "a payment was taken by a saga and never told as taken",
            """
            SELECT p.id AS payment, p.captured_at FROM payments_payment p
            JOIN sagas_sagarun s ON s.name = 'payment' AND s.subject_id = p.id
            WHERE p.status = 'succeeded' AND p.captured_at > %(now)s - interval '1 day' AND NOT EXISTS (
                SELECT FROM outbox_message m
                WHERE m.name = 'payments.payment_succeeded' AND m.payload->>'payment_id' = p.id::text
            )
            """,
        ),
        Check(
            "a booking was told as confirmed another number of times than it was confirmed",
            """
            SELECT m.booking, m.told, t.confirmed FROM (
                SELECT payload->>'booking_id' AS booking, count(*) AS told FROM outbox_message
                WHERE name = 'courses.booking_confirmed' GROUP BY 1
            ) AS m LEFT JOIN LATERAL (
                SELECT count(*) AS confirmed FROM courses_bookingtransition
                WHERE booking_id = m.booking::uuid AND went_to = 'confirmed' AND came_from <> 'confirmed'
            ) AS t ON true WHERE m.told <> t.confirmed
            """,
        ),
        Check(
            "a document's e-mail was handed over for writing and is not there",
            """
            SELECT m.payload->>'document_id' AS document FROM outbox_message m
            JOIN outbox_delivery d ON d.message_id = m.id AND d.handler = 'invoicing.mail_document'
            WHERE d.state = 'done' AND NOT EXISTS (
                SELECT FROM mail_message
                WHERE dedupe_key = 'invoicing.document:' || (m.payload->>'document_id')
            )
            """,
        ),
        Check(
            "two e-mails have one cause, or one was accepted by the mail server twice",
            """
            SELECT dedupe_key AS what, count(*) FROM mail_message GROUP BY dedupe_key HAVING count(*) > 1
            UNION ALL SELECT message_id::text, count(*) FROM mail_delivery
                WHERE outcome = 'accepted' GROUP BY message_id HAVING count(*) > 1
            """,
        ),
    ),
)

BOUNDED_ATTEMPTS = Invariant(
    "INV-32",
    "Tries are counted and end, and what was given up says why",
    (
        Check(
            "something was tried more often than its limit",
            """
            SELECT 'delivery' AS kind, id, attempts FROM outbox_delivery WHERE attempts > 10
            UNION ALL SELECT 'webhook', id, attempts FROM payments_webhookevent WHERE attempts > 10
            UNION ALL SELECT 'message', id, attempt FROM mail_message WHERE attempt > 14
            """,
        ),
        Check(
            "something was given up and does not say why",
            """
            SELECT 'delivery' AS kind, id FROM outbox_delivery WHERE state = 'gave_up' AND error = ''
            UNION ALL SELECT 'webhook', id FROM payments_webhookevent WHERE state = 'dead' AND error = ''
            UNION ALL SELECT 'saga', id FROM sagas_sagarun WHERE state = 'needs_attention' AND error = ''
            UNION ALL SELECT 'message', m.id FROM mail_message m WHERE m.state = 'dead' AND NOT EXISTS (
                SELECT FROM mail_delivery d WHERE d.message_id = m.id AND d.outcome <> 'accepted')
            """,
        ),
    ),
)

INVARIANTS = (
    ALL_HEARD,
    INBOX_UNIQUE,
    ORDER_INDEPENDENT,
    OUTBOX_DRAINS,
    EFFECTS_ONCE,
    BOUNDED_ATTEMPTS,
)
