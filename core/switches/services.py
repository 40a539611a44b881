"""Switching on and off: a row that stays and a line in the audit trail, in force here at once."""

from datetime import datetime, timedelta

from django.db import transaction

from core.audit import services as audit
from core.errors import Invalid
from core.switches import memory
from core.switches.memory import Name
from core.switches.models import REASON_LENGTH_MAX, SwitchOrder

LONGEST = timedelta(days=31)


@transaction.atomic
def switch(
    *,
    name: Name,
    on: bool,
    reason: str,
    until: datetime | None = None,
    actor: str,
    now: datetime,
) -> SwitchOrder:
    """On, until then or until somebody switches it off; or off. Raises Invalid without a reason."""
    reason = reason.strip()
    if not reason or len(reason) > REASON_LENGTH_MAX:
        raise Invalid(fields={"reason": [f"Say why, in {REASON_LENGTH_MAX} characters or fewer."]})
    if until is not None and not now < until <= now + LONGEST:
        raise Invalid(fields={"until": ["Choose a time within the next 31 days."]})
    order = SwitchOrder.objects.create(
        name=name, is_on=on, reason=reason, actor=actor, at=now, until=until if on else None
    )
    audit.record(
        subject=f"switches.switch:{name.value}",
        action="switched on" if on else "switched off",
        actor=actor,
        reason=reason,
        after={"until": until.isoformat() if on and until else None},
        now=now,
    )
    transaction.on_commit(memory.read)
    return order
