"""Telling of new dates: asked for on a page, confirmed from a mail, stopped with one press.

Nothing is counted down: each run asks for the dates that came after the yes and were in no mail yet.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from core.crypto.index import blind_index
from core.errors import Invalid, NotFound
from courses import emails
from courses.models import Course, CourseSession, DatesWish, DatesWishTold, SessionState
from courses.models.customer import EMAIL_INDEX
from courses.services.details import EMAIL_WORDS, is_email

ASKED_AGAIN = dt.timedelta(hours=1)
WISHES_MAX = 5
ANSWERED_WITHIN = dt.timedelta(days=7)
# Whoever enters ten dates in an hour causes one mail.
BETWEEN_MAILS = dt.timedelta(days=1)
AT_ONCE_MAX = 200
DATES_IN_A_MAIL = 12


class WishNotFound(NotFound):
    code = "wish_not_found"
    detail = "That link has ended. You get no mail about new dates from it."


def ask(*, email: str, course: Course | None, now: dt.datetime) -> None:
    """A mail that asks whether it is wanted; the same for every address, at most one an hour for one wish.

    Raises Invalid for what is no address.
    """
    if not is_email(email):
        raise Invalid(fields={"email": [EMAIL_WORDS]})
    email = email.strip()
    index = blind_index(email, EMAIL_INDEX)
    with transaction.atomic():
        of_address = DatesWish.objects.filter(email_index=index)
        if of_address.count() >= WISHES_MAX and not of_address.filter(course=course).exists():
            return
        wish, is_new = DatesWish.objects.select_for_update().get_or_create(
            email_index=index, course=course, defaults={"email": email, "asked_at": now}
        )
        if not is_new and wish.asked_at > now - ASKED_AGAIN:
            return
        wish.asked_at = now
        wish.save(update_fields=["asked_at"])
        emails.new_dates_asked(wish=wish, now=now)


def find(token: str) -> DatesWish:
    """Raises WishNotFound."""
    wish = DatesWish.objects.select_related("course").filter(token=token).first()
    if wish is None:
        raise WishNotFound
    return wish


def confirm(*, token: str, now: dt.datetime) -> None:
    """From now on; a second press changes nothing. Raises WishNotFound."""
    wish = find(token)
    DatesWish.objects.filter(pk=wish.pk, confirmed_at=None).update(confirmed_at=now)


def stop(*, token: str) -> None:
    """The address is deleted. Raises WishNotFound."""
    find(token).delete()


def mail_due(*, now: dt.datetime) -> int:
    """How many addresses were told of new dates."""
    keys = _due(now).order_by("pk").values_list("pk", flat=True)[:AT_ONCE_MAX]
    return sum(_told(key, now) for key in list(keys))


def forget_old(*, now: dt.datetime) -> int:
    """Who never answered, and who said yes longer ago than we keep it."""
    unanswered = Q(confirmed_at=None, asked_at__lt=now - ANSWERED_WITHIN)
    over = Q(confirmed_at__lt=now - dt.timedelta(days=settings.NEW_DATES_DAYS))
    old = DatesWish.objects.filter(unanswered | over)
    count = old.count()
    old.delete()
    return count


def _due(now: dt.datetime) -> QuerySet[DatesWish]:
    news = _untold(OuterRef(OuterRef("pk")), OuterRef("confirmed_at"), now)
    of_the_course = Q(Exists(news.filter(course=OuterRef("course")))) | Q(Exists(news), course=None)
    rested = Q(told_at=None) | Q(told_at__lte=now - BETWEEN_MAILS)
    return DatesWish.objects.filter(rested & of_the_course, confirmed_at__isnull=False)


def _untold(wish: Any, since: Any, now: dt.datetime) -> QuerySet[CourseSession]:
    told = DatesWishTold.objects.filter(session=OuterRef("pk"), wish=wish)
    return CourseSession.objects.filter(
        ~Exists(told),
        state=SessionState.SCHEDULED,
        course__is_on_sale=True,
        starts_at__gt=now,
        created_at__gt=since,
    )


def _told(key: UUID, now: dt.datetime) -> bool:
    """The mail and what it told of together; of two that do it at once one finds nothing left."""
    with transaction.atomic():
        wish = DatesWish.objects.select_for_update(of=("self",)).filter(pk=key).first()
        if wish is None or wish.confirmed_at is None:
            return False
        news = _untold(wish, wish.confirmed_at, now)
        if wish.course_id is not None:
            news = news.filter(course=wish.course_id)
        sessions = list(news.select_related("course", "venue").order_by("starts_at", "pk"))
        if not sessions:
            return False
        DatesWishTold.objects.bulk_create(
            DatesWishTold(wish=wish, session=each) for each in sessions
        )
        wish.told_at = now
        wish.save(update_fields=["told_at"])
        emails.new_dates(wish=wish, sessions=sessions[:DATES_IN_A_MAIL], now=now)
    return True
