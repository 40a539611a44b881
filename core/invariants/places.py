"""INV-21 to 24: no place is given twice, none is kept for nothing, and none is taken from someone who pays."""

from core.invariants.invariant import Check, Invariant

NO_OVERSELL = Invariant(
    "INV-21",
    "The places that bookings take never exceed the session's capacity",
    (
        Check(
            "more places are taken than the session has",
            """
            SELECT s.id AS session, s.capacity, sum(b.places) AS taken FROM courses_coursesession s
            JOIN courses_booking b ON b.session_id = s.id
            WHERE b.status IN ('held', 'paying', 'under_review', 'confirmed')
            GROUP BY s.id HAVING sum(b.places) > s.capacity
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
                WHERE p.booking_id = b.id AND p.status = 'succeeded'
            ), 0) < b.total_minor
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
            "a booking lost its places while its payment was under way",
            """
            SELECT b.id AS booking, b.status, p.id AS payment, p.status AS payment_status FROM courses_booking b
            JOIN payments_payment p ON p.booking_id = b.id
            WHERE b.status IN ('held', 'expired', 'cancelled')
                AND p.status IN ('created', 'in_flight', 'requires_action', 'processing', 'authorised', 'capturing',
                    'unknown')
            """,
        ),
    ),
)

INVARIANTS = (NO_OVERSELL, PAID_HAS_PLACE, PLACE_IS_PAID, HOLD_LIFETIME)
