"""The card-testing alarm on Today: while it lasts, what it saw, what it does, and when it ends."""

from collections.abc import Iterable
from datetime import datetime

from core import formats
from core.backoffice import navigation, today
from fraud.models import SiteAlarm

MAY_SEE = "fraud.view_reviewcase"


def panel(now: datetime) -> today.Panel | None:
    alarm = SiteAlarm.objects.in_force(now).order_by("opened_at").first()
    if alarm is None:
        return None
    return today.Panel(
        title="Cards are being tried out",
        template="fraud/admin/_site_alarm.html",
        context={"alarm": alarm, "usual": f"{alarm.usual:.2f}"},
        more_url=navigation.list_url("fraud.fraudattempt"),
        more="Stopped tries",
    )


def happenings(limit: int) -> Iterable[today.Happening]:
    for alarm in SiteAlarm.objects.order_by("-opened_at")[:limit]:
        cards = formats.counted(alarm.cards, "different card")
        yield today.Happening(
            at=alarm.opened_at,
            words="Cards were being tried out all over the site",
            detail=f"{cards} declined; new devices were asked for 3-D Secure",
            tone="bad",
            icon="credit_card_off",
        )


today.add_panel(0, MAY_SEE, panel)
today.add_happenings(MAY_SEE, happenings)
