"""What monitoring sees of the mail: what waits in the queue, and what was given up."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q
from prometheus_client import Metric

from core.health.readings import age, gauge
from core.mail.models import Message, MessageState

WAITING = (MessageState.QUEUED, MessageState.FAILED, MessageState.SENDING)
# What was given up longer ago is known, or nobody will write it any more.
GIVEN_UP_WITHIN = timedelta(days=7)


def backlog(now: datetime) -> Iterator[Metric]:
    found = Message.objects.filter(state__in=WAITING).aggregate(
        fresh=Count("id", filter=Q(state__in=(MessageState.QUEUED, MessageState.SENDING))),
        again=Count("id", filter=Q(state=MessageState.FAILED)),
        oldest=Min("created_at"),
    )
    amounts = {"fresh": found["fresh"], "again": found["again"]}
    yield gauge("mail_waiting", "To be sent: for the first time, or again", amounts, label="try")
    yield gauge("mail_oldest_waiting_seconds", "Of those to be sent", age(found["oldest"], now))
    dead = Message.objects.filter(
        state=MessageState.DEAD, created_at__gte=now - GIVEN_UP_WITHIN
    ).count()
    yield gauge("mail_given_up", "In the last seven days", dead)
