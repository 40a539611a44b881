"""What a session of staff remembers of its sign-in, and which sessions a person has."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.dispatch import receiver
from django.http import HttpRequest

from core import clock
from core.two_step import services

BEGAN, SEEN, CODE_AT = "staff_began", "staff_seen", "staff_code_at"
STATE = "staff_two_step"
NONE, WANTED, GIVEN = "none", "wanted", "given"
# A session is written at most so often to say that somebody is there.
SEEN_EVERY_SECONDS = 60


@receiver(user_logged_in)
def begin(request: HttpRequest | None, user: Any, **_signal: Any) -> None:
    if request is None:
        return
    now = clock.now().timestamp()
    state = WANTED if services.is_set_up(user.pk) else NONE
    request.session.update({BEGAN: now, SEEN: now, STATE: state})


def give_code(request: HttpRequest, *, now: datetime) -> None:
    """The second step was taken: a new name for the session, as at any change of what it may do."""
    request.session.cycle_key()
    request.session.update({STATE: GIVEN, CODE_AT: now.timestamp()})


def has_ended(session: Any, *, now: datetime) -> bool:
    """Too long without a click, or older than a working day."""
    present = now.timestamp()
    idle = present - session.get(SEEN, present) > settings.STAFF_IDLE_MINUTES * 60
    return idle or present - session.get(BEGAN, present) > settings.SESSION_COOKIE_AGE


def see(session: Any, *, now: datetime) -> None:
    present = now.timestamp()
    if BEGAN not in session:
        session[BEGAN] = present
    if present - session.get(SEEN, 0) >= SEEN_EVERY_SECONDS:
        session[SEEN] = present


def asks_again(session: Any, *, now: datetime) -> bool:
    """Whether the code is too long ago for money or exports. Who has no second step isn't asked."""
    if session.get(STATE) != GIVEN or not settings.STAFF_STEP_UP_SECONDS:
        return False
    return now.timestamp() - session.get(CODE_AT, 0) > settings.STAFF_STEP_UP_SECONDS


def of(user_id: int, *, now: datetime) -> list[tuple[str, datetime]]:
    """Key and last click of each living session of a person, the latest first."""
    found = []
    for row in Session.objects.filter(expire_date__gt=now):
        said = row.get_decoded()
        if said.get(SESSION_KEY) == str(user_id) and not has_ended(said, now=now):
            since = now.timestamp() - said.get(SEEN, now.timestamp())
            found.append((row.session_key, now - timedelta(seconds=since)))
    return sorted(found, key=lambda each: each[1], reverse=True)


def end_others(user_id: int, *, but: str | None, now: datetime) -> int:
    """Signs a person out everywhere, except in the session `but`; how many that were."""
    keys = [key for key, _ in of(user_id, now=now) if key != but]
    return Session.objects.filter(session_key__in=keys).delete()[0]
