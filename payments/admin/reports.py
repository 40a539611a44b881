"""Money by month, course and place, and what went back: from the ledger, so that they come to its sums."""

from core import formats
from core.backoffice import reports
from core.backoffice.reports import MONEY, SHARE, TEXT, Column, Period, Report, Row
from payments.models.refund import RefundReason

BY = {
    "month": ("Month", "to_char(movement.at AT TIME ZONE 'Europe/London', 'YYYY-MM')", "1"),
    "course": ("Course", "coalesce(course.title, 'Without a booking')", "4 DESC, 1"),
    "place": ("Place", "coalesce(venue.town, 'Without a booking')", "4 DESC, 1"),
}
# An entry below zero is what customers paid, one above zero what they got back.
MONEY_BY = """
    SELECT {name},
        coalesce(sum(-entry.amount_minor) FILTER (WHERE movement.kind = 'charge'), 0)::bigint,
        coalesce(sum(entry.amount_minor) FILTER (WHERE movement.kind <> 'charge'), 0)::bigint,
        -sum(entry.amount_minor)::bigint
    FROM payments_ledgerentry AS entry
    JOIN payments_ledgermovement AS movement ON movement.id = entry.movement_id
    LEFT JOIN payments_payment AS payment ON payment.id = movement.payment_id
    LEFT JOIN courses_booking AS booking ON booking.id = payment.booking_id
    LEFT JOIN courses_coursesession AS session ON session.id = booking.session_id
    LEFT JOIN courses_course AS course ON course.id = session.course_id
    LEFT JOIN courses_venue AS venue ON venue.id = session.venue_id
    WHERE entry.account = 'sales' AND {in_period}
    GROUP BY 1 ORDER BY {order}
"""
REFUNDS = """
    SELECT coalesce(refund.reason, 'external'), count(*) FILTER (WHERE movement.kind = 'refund'),
        sum(entry.amount_minor)::bigint
    FROM payments_ledgerentry AS entry
    JOIN payments_ledgermovement AS movement ON movement.id = entry.movement_id
    LEFT JOIN payments_refund AS refund ON refund.gateway_id = movement.source
    WHERE entry.account = 'sales' AND movement.kind <> 'charge'
        AND {in_period}
    GROUP BY 1 ORDER BY 3 DESC, 1
"""
OFF_POLICY = RefundReason.GOODWILL.label


def refunds(period: Period) -> list[Row]:
    found = reports.asked(REFUNDS, at="movement.at")(period)
    total = sum(amount for _, _, amount in found)
    return [
        (RefundReason(reason).label, number, amount, reports.share(amount, total))
        for reason, number, amount in found
    ]


def _money_found(rows: list[Row]) -> str:
    taken, back, kept = (sum(row[place] for row in rows) for place in (1, 2, 3))
    return f"{formats.money(taken)} taken, {formats.money(back)} given back, {formats.money(kept)} left."


def _refunds_found(rows: list[Row]) -> str:
    total = sum(row[2] for row in rows)
    off = sum(row[2] for row in rows if row[0] == OFF_POLICY)
    return f"{formats.money(total)} went back, {formats.money(off)} of it beyond the policy, as goodwill."


for place, (by, (heading, name, order)) in enumerate(BY.items(), start=10):
    statement = MONEY_BY.replace("{name}", name).replace("{order}", order)
    reports.add(
        place,
        Report(
            name=f"money-by-{by}",
            title=f"Money by {by}",
            permission="payments.view_payment",
            columns=(
                Column(heading, TEXT),
                Column("Taken", MONEY),
                Column("Given back", MONEY),
                Column("Left", MONEY),
            ),
            rows=reports.asked(statement, at="movement.at"),
            finding=_money_found,
            counted="From the ledger, VAT included, on the day when the money moved in London. Refunds that "
            "came back count against what was given back. Stripe’s fees and disputes are not in it."
            + ("" if by == "month" else " A booking that moved counts where it is now."),
            charted=3,
        ),
    )
reports.add(
    30,
    Report(
        name="refunds",
        title="Refunds and off-policy",
        permission="payments.view_refund",
        columns=(
            Column("Why", TEXT), Column("Refunds"), Column("Amount", MONEY), Column("Of all", SHARE),
        ),
        rows=refunds,
        finding=_refunds_found,
        counted="Refunds that left our balance at Stripe, from the ledger, by the reason that was given. "
        "Goodwill is what the policy did not promise. Those that came back are taken off.",
        charted=2,
        nothing="No money went back in this period.",
    ),
)  # fmt: skip
