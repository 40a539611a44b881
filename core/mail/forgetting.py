"""Taking the words out of messages. That something was mailed, what kind and when, stays."""

from collections.abc import Iterable
from datetime import datetime

from core.crypto.index import blind_index
from core.mail.models import Attachment, Message, MessageQuerySet, MessageState
from core.mail.services import RECIPIENT

NOBODY = ""


def to(address: str) -> MessageQuerySet:
    return _worded().filter(recipient_index=blind_index(address, RECIPIENT))


def about(subjects: Iterable[str]) -> MessageQuerySet:
    return _worded().filter(about__in=list(subjects))


def forget(found: MessageQuerySet) -> int:
    """What waits to be sent is given up. How many messages lost their words."""
    rows = list(found.select_for_update().only("pk", "state"))
    Attachment.objects.filter(message__in=[row.pk for row in rows]).delete()
    for row in rows:
        changes = {
            name: Message._meta.get_field(name).sealed_for(row.pk, "")  # type: ignore[union-attr]
            for name in ("recipient", "subject", "text", "html")
        }
        if row.state != MessageState.SENT:
            changes["state"] = MessageState.DEAD
        Message.objects.filter(pk=row.pk).update(recipient_index=NOBODY, **changes)
    return len(rows)


def forget_before(before: datetime, limit: int) -> int:
    old = _worded().filter(created_at__lt=before).order_by("pk").values("pk")[:limit]
    return forget(Message.objects.filter(pk__in=list(old.values_list("pk", flat=True))))


def _worded() -> MessageQuerySet:
    return Message.objects.exclude(recipient_index=NOBODY)
