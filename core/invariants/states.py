"""INV-06 and 07: nothing is stuck, and nothing ever moved where no arrow leads."""

from core.invariants.invariant import Check, Invariant

# Every arrow of the design's state machines, a second time.
BOOKING = """
    held>held held>paying held>confirmed held>expired held>cancelled
    paying>held paying>confirmed paying>under_review paying>expired paying>cancelled
    expired>held expired>confirmed expired>under_review
    under_review>confirmed under_review>cancelled under_review>held
    confirmed>confirmed confirmed>cancelled
"""
MOVE = """
    open>done open>paying open>expired open>cancelled
    paying>open paying>done paying>under_review paying>expired
    under_review>done under_review>cancelled
"""
WAITING = "waiting>offered waiting>left offered>taken offered>lapsed offered>left"
CALLED_OFF = "waiting>ended waiting>choosing choosing>moved choosing>refunded choosing>ended"
PAYMENT = """
    created>in_flight created>blocked created>cancelled
    in_flight>requires_action in_flight>processing in_flight>authorised in_flight>failed in_flight>cancelled
    in_flight>unknown
    requires_action>in_flight requires_action>authorised requires_action>failed requires_action>cancelled
    requires_action>unknown
    processing>in_flight processing>authorised processing>failed processing>cancelled processing>unknown
    authorised>capturing authorised>cancelled authorised>lapsed
    capturing>succeeded capturing>cancelled capturing>lapsed capturing>unknown
    unknown>requires_action unknown>processing unknown>authorised unknown>succeeded unknown>failed
    unknown>cancelled unknown>lapsed
"""
REFUND = """
    requested>approved requested>sent_back requested>rejected sent_back>requested
    approved>in_flight approved>rejected
    in_flight>pending in_flight>succeeded in_flight>failed in_flight>unknown
    unknown>pending unknown>succeeded unknown>failed
    pending>succeeded pending>failed succeeded>failed failed>settled_by_hand
"""
ANSWER = """
    decided>in_flight decided>failed in_flight>unknown in_flight>sent in_flight>failed
    unknown>sent unknown>failed
"""
BEGINNINGS = {
    "answer": ("decided",),
    "booking": ("held",),
    "move": ("open",),
    "called_off": ("waiting",),
    "entry": ("waiting",),
    "payment": ("created",),
    "refund": ("requested", "pending", "succeeded"),
}


def _history(kind: str, table: str, source: str, target: str, arrows: str) -> tuple[Check, ...]:
    """Three checks of one machine. Rows are read in the order of their keys, which are made under the row's lock:
    the moments in them were taken before it."""
    history, owner = f"{table}transition", f"{kind}_id"
    known = ", ".join(f"'{arrow}'" for arrow in arrows.split())
    begun = ", ".join(f"'>{state}'" for state in BEGINNINGS[kind])
    return (
        Check(
            f"a {kind} made a move that its state machine does not have",
            f"""
            SELECT {owner} AS {kind}, {source} AS came_from, {target} AS went_to, at FROM {history}
            WHERE {source} || '>' || {target} NOT IN ({known}, {begun})
            """,  # noqa: S608 - this module's own words
        ),
        Check(
            f"a move of a {kind} begins where the one before did not end",
            f"""
            SELECT * FROM (
                SELECT {owner} AS {kind}, {source} AS came_from, at,
                    lag({target}, 1, '') OVER (PARTITION BY {owner} ORDER BY id) AS was
                FROM {history}
            ) AS moves WHERE came_from <> was
            """,  # noqa: S608
        ),
        Check(
            f"a {kind} is in another state than its history leads to",
            f"""
            SELECT row.id AS {kind}, row.status, last.{target} AS by_history FROM {table} AS row
            LEFT JOIN LATERAL (
                SELECT {target} FROM {history} WHERE {owner} = row.id ORDER BY id DESC LIMIT 1
            ) AS last ON true
            WHERE last.{target} IS DISTINCT FROM row.status
            """,  # noqa: S608
        ),
    )


LEGAL_TRANSITIONS = Invariant(
    "INV-07",
    "Every move is one of the state machine's, begins where the last one ended, and leads to the present state",
    (
        *_history("booking", "courses_booking", "came_from", "went_to", BOOKING),
        *_history("move", "courses_move", "came_from", "went_to", MOVE),
        *_history("payment", "payments_payment", "from_status", "to_status", PAYMENT),
        *_history("refund", "payments_refund", "from_status", "to_status", REFUND),
        *_history("entry", "courses_waitinglistentry", "came_from", "went_to", WAITING),
        *_history(
            "called_off", "payments_calledoffbooking", "from_status", "to_status", CALLED_OFF
        ),
        *_history("answer", "payments_disputeanswer", "from_status", "to_status", ANSWER),
    ),
)

NOTHING_STUCK = Invariant(
    "INV-06",
    "Whatever has not ended will be moved at a set time, or waits for a person",
    (
        Check(
            "a payment that has not ended has nobody to move it",
            """
            SELECT p.id AS payment, p.status, p.changed_at, s.state AS saga, s.due_at FROM payments_payment p
            LEFT JOIN sagas_sagarun s ON s.name = 'payment' AND s.subject_id = p.id
            WHERE p.status IN ('created', 'in_flight', 'requires_action', 'processing', 'authorised', 'capturing',
                    'unknown')
                AND p.changed_at < %(settled)s
                AND coalesce(s.state NOT IN ('running', 'waiting', 'compensating', 'needs_attention'), true)
            """,
        ),
        Check(
            "a refund that has not ended has nobody to move it",
            """
            SELECT r.id AS refund, r.status, r.changed_at, s.state AS saga FROM payments_refund r
            LEFT JOIN sagas_sagarun s ON s.name = 'refund' AND s.subject_id = r.id
            WHERE r.status IN ('approved', 'in_flight', 'pending', 'unknown') AND r.changed_at < %(settled)s
                AND coalesce(s.state NOT IN ('running', 'waiting', 'compensating', 'needs_attention'), true)
            """,
        ),
        Check(
            "a saga should have moved and has not",
            """
            SELECT id AS saga, name, state, step, due_at, leased_until FROM sagas_sagarun
            WHERE state IN ('running', 'waiting', 'compensating') AND due_at < %(settled)s
                AND coalesce(leased_until < %(settled)s, true)
            """,
        ),
        Check(
            "a booking waits for a payment that is not under way",
            """
            SELECT b.id AS booking, b.status FROM courses_booking b
            WHERE b.status IN ('paying', 'under_review') AND NOT EXISTS (
                SELECT FROM payments_payment p WHERE p.booking_id = b.id AND p.status IN ('created', 'in_flight',
                    'requires_action', 'processing', 'authorised', 'capturing', 'unknown')
            )
            """,
        ),
        Check(
            "a booking of a date that we cancelled waits, and its time is over",
            """
            SELECT id AS called_off, booking_id AS booking, status, due_at FROM payments_calledoffbooking
            WHERE status IN ('waiting', 'choosing') AND due_at < %(settled)s - interval '60 seconds'
            """,
        ),
        Check(
            "a review that nobody decided is past its limit",
            """
            SELECT id AS review, payment_id AS payment, hard_limit_at FROM fraud_reviewcase
            WHERE state = 'open' AND hard_limit_at < %(settled)s
            """,
        ),
        Check(
            "an answer to a dispute that has not ended has nobody to move it",
            """
            SELECT a.id AS answer, a.status, a.changed_at, s.state AS saga FROM payments_disputeanswer a
            LEFT JOIN sagas_sagarun s ON s.name = 'dispute_answer' AND s.subject_id = a.id
            WHERE a.status IN ('decided', 'in_flight', 'unknown') AND a.changed_at < %(settled)s
                AND coalesce(s.state NOT IN ('running', 'waiting', 'compensating', 'needs_attention'), true)
            """,
        ),
        Check(
            "a move waits for a payment that is not under way",
            """
            SELECT m.id AS move, m.booking_id AS booking, m.status FROM courses_move m
            WHERE m.status IN ('paying', 'under_review') AND NOT EXISTS (
                SELECT FROM payments_payment p WHERE p.purpose = 'move-' || replace(m.id::text, '-', '')
                    AND p.booking_id = m.booking_id
                    AND p.status IN ('created', 'in_flight', 'requires_action', 'processing', 'authorised',
                        'capturing', 'unknown')
            )
            """,
        ),
    ),
)

INVARIANTS = (NOTHING_STUCK, LEGAL_TRANSITIONS)
