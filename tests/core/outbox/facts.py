"""A bell: an event for the tests, and handlers that leave one row for each time they were called."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar
from uuid import uuid4

from django.contrib.auth.models import Group
from django.db import transaction

from core.outbox import events

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class BellRang(events.Event):
    name: ClassVar[str] = "tests.bell_rang"
    number: int


@dataclass(frozen=True)
class BellAnswered(events.Event):
    name: ClassVar[str] = "tests.bell_answered"
    number: int


def heard(event: BellRang) -> None:
    """Not safe to run twice, on purpose: each call leaves a row of its own."""
    Group.objects.create(name=f"heard {event.number} {uuid4()}")


def effects(number: int | None = None) -> int:
    prefix = "heard " if number is None else f"heard {number} "
    return Group.objects.filter(name__startswith=prefix).count()


def ring(*numbers: int, now: datetime | None = None) -> None:
    for number in numbers:
        with transaction.atomic():
            events.publish(BellRang(number=number), now=now)
