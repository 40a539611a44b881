"""Opening one's bookings by a mailed link or code. Every answer is the same whether an address is known or not."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from core.crypto.index import blind_index, keyed_digest
from core.errors import Conflict, Invalid, NotFound, TooMany
from core.ids import secret_token
from courses import emails
from courses.models import Booking, BookingStatus, SignIn
from courses.models.customer import EMAIL_INDEX
from courses.services.details import EMAIL_WORDS, is_email

LIVES = dt.timedelta(minutes=30)
VISIT = dt.timedelta(hours=12)
TRIES_MAX = 5
ASKED_PER_HOUR_MAX = 5
CODE_DIGITS = 6
KEPT = dt.timedelta(days=30)
SHOWN_MAX = 100
SHOWN = (
    BookingStatus.PAYING,
    BookingStatus.UNDER_REVIEW,
    BookingStatus.CONFIRMED,
    BookingStatus.CANCELLED,
)
LINK, CODE, VISITS = "courses.sign_in.link", "courses.sign_in.code", "courses.sign_in.visit"


class LinkEnded(NotFound):
    code = "link_ended"
    detail = "This link has already been used or is too old. Send a new one."


class WrongCode(Conflict):
    code = "wrong_code"
    detail = "That code isn’t right. Check the email and try again."


class TooManyCodes(TooMany):
    code = "too_many_codes"
    detail = "That’s several wrong codes. Send a new one."


class Asked(NamedTuple):
    """`id` goes with the code that is typed; the secrets are in the mail alone."""

    id: UUID


def ask(*, email: str, now: dt.datetime) -> Asked:
    """A mail with a link and a code, if there are bookings for the address; at most five an hour for one address.

    Raises Invalid for what is no address.
    """
    if not is_email(email):
        raise Invalid(fields={"email": [EMAIL_WORDS]})
    index = blind_index(email, EMAIL_INDEX)
    link, code = secret_token(), f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    with transaction.atomic():
        lately = SignIn.objects.filter(email_index=index, asked_at__gt=now - dt.timedelta(hours=1))
        may_mail = lately.count() < ASKED_PER_HOUR_MAX and _bookings_of(index).exists()
        asked = SignIn(
            email_index=index, link_digest=keyed_digest(link, purpose=LINK), code_digest="",
            asked_at=now, ends_at=now + LIVES,
        )  # fmt: skip
        asked.code_digest = _code_digest(asked.pk, code)
        asked.save(force_insert=True)
        if may_mail:
            emails.sign_in(to=email, link=link, code=code, sign_in_id=asked.pk, now=now)
    return Asked(asked.pk)


def by_link(*, link: str, now: dt.datetime) -> str:
    """Uses the link up; returns the visit's secret for the cookie. Raises LinkEnded."""
    return _use(SignIn.objects.filter(link_digest=keyed_digest(link, purpose=LINK)), now)


def is_open(*, link: str, now: dt.datetime) -> bool:
    """Whether pressing the button would work. Looking uses nothing up: mail scanners open links too."""
    found = SignIn.objects.filter(link_digest=keyed_digest(link, purpose=LINK))
    return found.filter(used_at=None, ends_at__gt=now).exists()


def by_code(*, sign_in_id: UUID | str, code: str, now: dt.datetime) -> str:
    """The same by the code of six digits. Raises WrongCode, TooManyCodes after five, LinkEnded."""
    rows = SignIn.objects.filter(pk=sign_in_id, used_at=None, ends_at__gt=now)
    # The try is counted before it is judged: of many at once no more than five are looked at.
    if not rows.filter(tries__lt=TRIES_MAX).update(tries=F("tries") + 1):
        raise TooManyCodes if rows.exists() else LinkEnded
    typed = "".join(code.split())
    asked = rows.first()
    if asked is None:
        raise LinkEnded
    if not secrets.compare_digest(asked.code_digest, _code_digest(asked.pk, typed)):
        raise WrongCode
    return _use(rows, now)


def visitor(visit: str, *, now: dt.datetime) -> str:
    """The blind index of the address that this visit has proved; "" when it is over or was never one."""
    if not visit:
        return ""
    digest = keyed_digest(visit, purpose=VISITS)
    found = SignIn.objects.filter(visit_digest=digest, visit_ends_at__gt=now)
    return found.values_list("email_index", flat=True).first() or ""


def end(visit: str, *, now: dt.datetime) -> None:
    """Signed out: the cookie opens nothing any more, wherever it may be."""
    digest = keyed_digest(visit, purpose=VISITS)
    SignIn.objects.filter(visit_digest=digest, visit_ends_at__gt=now).update(visit_ends_at=now)


def bookings_of(index: str) -> list[Booking]:
    """All bookings of the address that was proved, the next course first, then the past ones."""
    rows = _bookings_of(index).select_related("session__course", "session__venue")
    return list(rows.order_by("-session__starts_at")[:SHOWN_MAX])


def forget_old(*, now: dt.datetime) -> int:
    return SignIn.objects.filter(asked_at__lt=now - KEPT).delete()[0]


def _bookings_of(index: str) -> QuerySet[Booking]:
    return Booking.objects.filter(customer__email_index=index, status__in=SHOWN)


def _use(rows: QuerySet[SignIn], now: dt.datetime) -> str:
    """Of two who press at once one gets in."""
    visit = secret_token()
    used = rows.filter(used_at=None, ends_at__gt=now).update(
        used_at=now,
        visit_digest=keyed_digest(visit, purpose=VISITS),
        visit_ends_at=now + VISIT,
    )
    if not used:
        raise LinkEnded
    return visit


def _code_digest(sign_in_id: UUID, code: str) -> str:
    return keyed_digest(f"{sign_in_id}:{code}", purpose=CODE)
