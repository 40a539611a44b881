"""INV-21 to 24: no place is given twice, none is kept for nothing, and none is taken from someone who pays."""

from core.invariants.invariant import Check, Invariant

NO_OVERSELL = Invariant(
    "INV-21",
    "The places that bookings and open moves take never exceed the session's capacity",
    (
        Check(
            "more places are taken than the session has",
            """
            SELECT s.id AS session, s.capacity, sum(t.places) AS taken FROM courses_coursesession s
            JOIN (
                SELECT session_id, places FROM courses_booking
                WHERE status IN ('held', 'paying', 'under_review', 'confirmed')
                UNION ALL
                SELECT to_session_id, places FROM courses_move WHERE status IN ('open', 'paying', 'under_review')
            ) AS t ON t.session_id = s.id
            GROUP BY s.id HAVING sum(t.places) > s.capacity
            """,
        ),
        Check(
            "a booking takes another number of places than it has attendees",
            """
            SELECT b.id AS booking, b.status, b.places, count(a.id) AS attendees FROM courses_booking b
            LEFT JOIN courses_attendee a ON a.booking_id = b.id AND a.state = 'active'
            WHERE b.status IN ('held', 'paying', 'under_review', 'confirmed')
            GROUP BY b.id HAVING count(a.id) <> b.places
            """,
        ),
    ),
)

PAID_HAS_PLACE = Invariant(
    "INV-22",
    "Who has paid has the places, has given them up, or gets the money back",
    (
        Check(
            "money was taken for a booking without places, and no refund of it is on its way",
            """
            SELECT p.id AS payment, b.id AS booking, b.status, p.captured_minor, p.refunded_minor
            FROM payments_payment p JOIN courses_booking b ON b.id = p.booking_id
            WHERE p.status = 'succeeded' AND p.changed_at < %(settled)s AND b.status <> 'confirmed'
                AND NOT (b.status = 'cancelled' AND b.confirmed_at IS NOT NULL)
                AND p.refunded_minor < p.captured_minor
            """,
        ),
        Check(
            "a booking is not on the date that its last move led to",
            """
            SELECT b.id AS booking, b.session_id AS session, m.to_session_id AS moved_to FROM courses_booking b
            JOIN LATERAL (
                SELECT to_session_id FROM courses_move WHERE booking_id = b.id AND status = 'done'
                ORDER BY done_at DESC, id DESC LIMIT 1
            ) AS m ON true
            WHERE m.to_session_id <> b.session_id
            """,
        ),
        Check(
            "an open move is of a booking that is not confirmed on the date that it leaves, with as many places",
            """
            SELECT m.id AS move, b.id AS booking, b.status FROM courses_move m
            JOIN courses_booking b ON b.id = m.booking_id
            WHERE m.status IN ('open', 'paying', 'under_review')
                AND (b.status <> 'confirmed' OR b.session_id <> m.from_session_id OR b.places <> m.places)
            """,
        ),
        Check(
            "a move's difference was taken, the booking was not moved, and no refund of it is on its way",
            """
            SELECT p.id AS payment, p.booking_id AS booking, m.id AS move, m.status FROM payments_payment p
            LEFT JOIN courses_move m ON 'move-' || replace(m.id::text, '-', '') = p.purpose
            WHERE p.purpose LIKE 'move-%%' AND p.status = 'succeeded' AND p.changed_at < %(settled)s
                AND m.status IS DISTINCT FROM 'done' AND p.refunded_minor < p.captured_minor
            """,
        ),
    ),
)

PLACE_IS_PAID = Invariant(
    "INV-23",
    "Every confirmed booking is paid for or costs nothing",
    (
        Check(
            "a booking is confirmed and its price was never taken",
            """
            SELECT b.id AS booking, b.reference, b.total_minor FROM courses_booking b
            WHERE b.status = 'confirmed' AND b.total_minor > 0 AND coalesce((
                SELECT sum(p.captured_minor) FROM payments_payment p
                WHERE p.booking_id = b.id AND p.status = 'succeeded' AND p.purpose = 'price' AND NOT p.without_place
            ), 0) < b.total_minor
            """,
        ),
        Check(
            "a booking was moved to a dearer date, and the difference was never taken",
            """
            SELECT m.id AS move, m.booking_id AS booking, m.difference_minor FROM courses_move m
            WHERE m.status = 'done' AND m.difference_minor > 0 AND NOT EXISTS (
                SELECT FROM payments_payment p
                WHERE p.booking_id = m.booking_id AND p.purpose = 'move-' || replace(m.id::text, '-', '')
                    AND p.status = 'succeeded' AND NOT p.without_place
            )
            """,
        ),
    ),
)

HOLD_LIFETIME = Invariant(
    "INV-24",
    "A hold ends on time, and never while its payment is under way",
    (
        Check(
            "a hold is past its end",
            """
            SELECT id AS booking, hold_expires_at FROM courses_booking
            WHERE status = 'held' AND hold_expires_at < %(settled)s - interval '90 seconds'
            """,
        ),
        Check(
            "a move that nobody pays is past its end",
            """
            SELECT id AS move, expires_at FROM courses_move
            WHERE status = 'open' AND expires_at < %(settled)s - interval '90 seconds'
            """,
        ),
        Check(
            "a booking lost its places while its payment was under way",
            """
            SELECT b.id AS booking, b.status, p.id AS payment, p.status AS payment_status FROM courses_booking b
            JOIN payments_payment p ON p.booking_id = b.id
            WHERE b.status IN ('held', 'expired', 'cancelled')
                AND p.status IN ('created', 'in_flight', 'requires_action', 'processing', 'authorised', 'capturing',
                    'unknown')
            """,
        ),
        Check(
            "an offer of the waiting list is still open though its hold is over",
            """
            SELECT e.id AS entry, b.id AS booking, b.status FROM courses_waitinglistentry e
            JOIN courses_booking b ON b.id = e.booking_id
            WHERE e.status = 'offered' AND b.status IN ('expired', 'cancelled')
                AND b.hold_expires_at < %(settled)s - interval '90 seconds'
            """,
        ),
        Check(
            "the difference of a move is being paid, and its places are not kept",
            """
            SELECT p.id AS payment, p.status AS payment_status, m.id AS move, m.status FROM payments_payment p
            LEFT JOIN courses_move m ON 'move-' || replace(m.id::text, '-', '') = p.purpose
            WHERE p.purpose LIKE 'move-%%'
                AND p.status IN ('created', 'in_flight', 'requires_action', 'processing', 'authorised', 'capturing',
                    'unknown')
                AND coalesce(m.status NOT IN ('paying', 'under_review'), true)
            """,
        ),
    ),
)

INVARIANTS = (NO_OVERSELL, PAID_HAS_PLACE, PLACE_IS_PAID, HOLD_LIFETIME)
