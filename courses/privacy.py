"""What training keeps of people, for how long, and how it forgets them."""

import datetime as dt

from django.conf import settings

from core.privacy import erasing, retention
from core.privacy.declared import BLANK, DELETE, KEEP, harmless, personal
from courses.services import forgetting

STAFF = "ids of staff"


def register() -> None:
    _declare()
    _declare_harmless()
    erasing.found_by(forgetting.find)
    erasing.barred_by(forgetting.bars)
    erasing.step(100, "people", forgetting.counts, forgetting.erase)
    retention.rule("people whose last course is long over", _old_customers)
    retention.rule("people who never had a place", _unpaid)
    retention.rule("needs of people whose course is over", _needs)
    retention.rule("people who waited", _waited)


def _declare() -> None:
    long = f"{settings.CUSTOMER_DAYS} days after the last course; {settings.UNPAID_DAYS} when never paid"
    certificate = "the booking, and a certificate's three years"
    personal(
        "courses.Customer", "name email email_index phone company address postcode name_keys",
        kept=long, then=BLANK, erased=BLANK, why=certificate,
    )  # fmt: skip
    personal(
        "courses.Booking", "purchase_order browser token", kept=long, then="blanked; a new link",
        erased="blanked; a new link", why="as the customer",
    )  # fmt: skip
    personal(
        "courses.Attendee", "name email name_keys", kept=long, then=BLANK, erased=BLANK,
        why=certificate,
    )  # fmt: skip
    personal(
        "courses.Attendee", "access_needs", kept=f"{settings.NEEDS_DAYS} days after the course",
        then=BLANK, erased=BLANK, why="a place that suits; may tell of health (UK GDPR art. 9)",
    )  # fmt: skip
    personal(
        "courses.Rating", "link_digest", kept="with the attendee", then=BLANK, erased=BLANK,
        why="one mark each; the mark itself stays and names nobody",
    )  # fmt: skip
    personal(
        "courses.WaitingListEntry", "name email email_index token",
        kept=f"{settings.WAITED_DAYS} days after the date", then=BLANK, erased=BLANK,
        why="to offer places in order",
    )  # fmt: skip
    personal(
        "courses.WorkplaceEnquiry", "name email phone company message place digest",
        kept=f"{settings.ENQUIRY_DAYS} days", then=DELETE, erased=DELETE, why="to answer it",
    )  # fmt: skip
    personal(
        "courses.DatesWish", "email email_index token", kept=f"{settings.NEW_DATES_DAYS} days",
        then=DELETE, erased=DELETE, why="to write when there are new dates, as was asked for",
    )  # fmt: skip
    personal(
        "courses.SignIn", "email_index link_digest code_digest visit_digest",
        kept="until the next night", then=DELETE, erased=DELETE, why="the way to one’s bookings",
    )  # fmt: skip
    personal(
        "courses.Booking", "reference", kept="with the books", then=KEEP,
        erased="kept: it is on the invoice and names nobody without it",
        why="VAT Act 1994 sch. 11 para. 6",
    )  # fmt: skip


def _declare_harmless() -> None:
    ours = "our own offer, not a customer"
    harmless("courses.CancellationPolicy", "name tiers", ours)
    harmless("courses.Course", "guidance outcomes programme bring questions", ours)
    harmless("courses.Venue", "name address postcode", ours)
    harmless("courses.Booking", "lines policy", "courses, prices and rules")
    harmless("courses.Attendance", "marked_by", STAFF)
    harmless("courses.WorkplaceEnquiry", "answered_by", STAFF)
    harmless("courses.Move", "shares", "amounts")
    for history in ("Booking", "Move", "WaitingListEntry"):
        harmless(f"courses.{history}Transition", "cause actor", "codes and " + STAFF)


def _before(now: dt.datetime, days: int) -> dt.datetime:
    return now - dt.timedelta(days=days)


def _old_customers(now: dt.datetime, limit: int) -> int:
    return forgetting.forget_old_customers(_before(now, settings.CUSTOMER_DAYS), now, limit)


def _unpaid(now: dt.datetime, limit: int) -> int:
    return forgetting.forget_unpaid(_before(now, settings.UNPAID_DAYS), now, limit)


def _needs(now: dt.datetime, limit: int) -> int:
    return forgetting.forget_needs(_before(now, settings.NEEDS_DAYS), now, limit)


def _waited(now: dt.datetime, limit: int) -> int:
    return forgetting.forget_who_waited(_before(now, settings.WAITED_DAYS), limit)
