"""Reading what was mailed."""

from core.crypto.index import blind_index
from core.mail.models import Message, MessageQuerySet
from core.mail.services import RECIPIENT


def messages_about(subject: str) -> list[Message]:
    """Every message about `subject`, with its tries, first things first."""
    return list(
        Message.objects.about(subject).prefetch_related("deliveries").order_by("created_at", "pk")
    )


def messages_to(address: str) -> MessageQuerySet:
    """Every message to this address, however it was written."""
    return Message.objects.filter(recipient_index=blind_index(address, RECIPIENT))
