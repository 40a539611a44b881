"""How full dates were, and how far those who looked came."""

import datetime as dt

from core import formats
from core.backoffice import reports
from core.backoffice.reports import SHARE, TEXT, Column, Period, Report, Row
from core.performance import measures

FILL = """
    SELECT course.title, count(*), sum(session.capacity)::bigint,
        coalesce(sum(sold.places), 0)::bigint
    FROM courses_coursesession AS session
    JOIN courses_course AS course ON course.id = session.course_id
    LEFT JOIN (
        SELECT session_id, sum(places) AS places FROM courses_booking
        WHERE status = 'confirmed' GROUP BY 1
    ) AS sold ON sold.session_id = session.id
    WHERE session.state <> 'cancelled' AND {in_period}
    GROUP BY 1 ORDER BY 1
"""


def fill(period: Period) -> list[Row]:
    return [
        (course, dates, room, sold, reports.share(sold, room))
        for course, dates, room, sold in reports.asked(FILL, at="session.starts_at")(period)
    ]


def funnel(period: Period) -> list[Row]:
    since, until = (_midnight(each) for each in (period.since, period.until))
    steps = measures.funnel(since=since, until=until)
    first = steps[0].count
    return (
        [(each.words, each.count, reports.share(each.count, first)) for each in steps]
        if first
        else []
    )


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), formats.UK)


def _fill_found(rows: list[Row]) -> str:
    room, sold = sum(row[2] for row in rows), sum(row[3] for row in rows)
    full = formats.percent(reports.share(sold, room) or 0)
    return f"{sold:,} of {room:,} places sold: {full} full."


def _funnel_found(rows: list[Row]) -> str:
    return f"Of {rows[0][1]:,} looks at a course, {rows[-1][1]:,} ended paid: {formats.percent(rows[-1][2])}."


reports.add(
    20,
    Report(
        name="fill-rate",
        title="Fill rate",
        permission="courses.view_coursesession",
        columns=(
            Column("Course", TEXT), Column("Dates"), Column("Places"), Column("Sold"), Column("Full", SHARE),
        ),
        rows=fill,
        finding=_fill_found,
        counted="Dates that begin in the period and are not cancelled, also those still to come. "
        "Sold are places of confirmed bookings; places that are only held are not in it.",
        charted=4,
        nothing="No date begins in this period.",
    ),
)  # fmt: skip
reports.add(
    60,
    Report(
        name="funnel",
        title="From looking to paid",
        permission="courses.view_booking",
        columns=(Column("Step", TEXT), Column("How many"), Column("Of the first", SHARE)),
        rows=funnel,
        finding=_funnel_found,
        counted="Counted on our server without a cookie: who goes back is counted again, so compare "
        "shares between periods and not people.",
        charted=1,
        nothing="Nobody looked at a course in this period.",
    ),
)
