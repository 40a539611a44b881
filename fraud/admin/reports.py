"""Whether people who reviewed bookings were right, as far as is known by now."""

from core import formats
from core.backoffice import reports
from core.backoffice.reports import SHARE, TEXT, Column, Period, Report, Row
from fraud.models.review import State

# Only what others said counts: a reviewer's own word proves nothing about it.
REVIEWS = """
    SELECT review.state, count(*), count(*) FILTER (WHERE EXISTS (
        SELECT FROM fraud_outcome AS outcome WHERE outcome.payment_id = review.payment_id
            AND outcome.kind IN ('disputed', 'warned', 'refunded_as_fraud')))
    FROM fraud_reviewcase AS review
    WHERE review.state <> 'open' AND {in_period}
    GROUP BY 1 ORDER BY 2 DESC, 1
"""


def reviews(period: Period) -> list[Row]:
    return [
        (
            State(state).label,
            number,
            fraud,
            reports.share(number - fraud, number) if state == State.APPROVED else None,
        )
        for state, number, fraud in reports.asked(REVIEWS, at="review.decided_at")(period)
    ]


def _found(rows: list[Row]) -> str:
    approved = next((row for row in rows if row[0] == State.APPROVED.label), None)
    if approved is None:
        return f"{formats.counted(sum(row[1] for row in rows), 'review')}, none approved."
    return f"{formats.percent(approved[3])} of {approved[1]:,} approved bookings were not called fraud since."


reports.add(
    40,
    Report(
        name="reviews",
        title="Review accuracy",
        permission="fraud.view_reviewcase",
        columns=(
            Column("Decision", TEXT), Column("Bookings"), Column("Called fraud since"), Column("Right", SHARE),
        ),
        rows=reviews,
        finding=_found,
        counted="Reviews by the day of their decision. An approval was wrong when the bank disputed the "
        "payment or warned of it, or it was refunded as fraud. Whether a refusal was right nobody can "
        "know: its payment was never taken. Recent months still change.",
        charted=1,
        nothing="No review ended in this period.",
    ),
)  # fmt: skip
