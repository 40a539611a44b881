"""What a confirmed fraud teaches the lists: its card, device and e-mail address are held for a person from then on.

One past fraud on a key is no proof (references: right in two of three cases), so that such an entry never stops
anybody by itself, and it ends.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from core.errors import Conflict, Invalid
from fraud.models import BlacklistEntry
from fraud.models.blacklist import Effect, Source
from fraud.services import lists

KINDS = ("card", "device", "email")
WHY = {
    "disputed": "Disputed as fraud",
    "warned": "Called fraud by the bank",
    "refunded_as_fraud": "Given back as fraud",
    "declined_as_stolen": "Declined as a stolen or tested card",
}


@transaction.atomic
def learn(*, payment_id: UUID | str, why: str, now: datetime) -> list[BlacklistEntry]:
    """Entries for what the payment's judgement knows of it; what is listed already stays as it is. Told again, or
    of a payment that was never judged, it adds nothing."""
    return [entry for kind in KINDS if (entry := _learnt(kind, payment_id, why, now))]


def _learnt(kind: str, payment_id: UUID | str, why: str, now: datetime) -> BlacklistEntry | None:
    try:
        with transaction.atomic():
            return lists.add(
                kind=kind,
                value=str(payment_id),
                effect=Effect.REVIEW,
                reason=WHY[why],
                until=lists.default_end(now),
                actor="system",
                source=Source.AUTOMATIC,
                now=now,
            )
    except (Conflict, Invalid):
        return None
