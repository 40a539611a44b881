"""From looking to paid, on Today: where customers leave."""

from datetime import datetime, timedelta

from core.backoffice import today
from core.performance import measures

DAYS = 7


def funnel(now: datetime) -> today.Panel:
    steps = measures.funnel(since=now - timedelta(days=DAYS), until=now)
    return today.Panel(
        title=f"From looking to paid, last {DAYS} days",
        template="courses/admin/_funnel.html",
        context={"steps": steps if steps[0].count else []},
    )


today.add_panel(50, "courses.view_booking", funnel)
