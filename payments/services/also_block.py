"""What a declined payment may be put on the list with, and what each would have stopped: so nobody blocks good
customers by a slip. Undone on the list itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.errors import Invalid, Refused
from core.formats import counted
from fraud.services import list_previews, lists
from payments.models import Payment

CONNECTION_TIME = timedelta(days=30)
TITLES = {
    "card": "This card",
    "device": "This device",
    "email": "This email",
    "connection": "Connection, 30 days",
}


class NotYoursToBlock(Refused):
    code = "needs_approver"
    detail = "Blocking needs an approver. Decline without it, or ask one."


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be blocked; `effect` says which good bookings that would have cost."""

    kind: str
    title: str
    effect: str
    listed: bool


def choices(*, payment: Payment, now: datetime) -> list[Choice]:
    """What is known of the payment and may stand on the list; nothing is written."""
    found = (_choice(kind, value, now) for kind, value in _values(payment).items())
    return [each for each in found if each is not None]


def block(*, payment: Payment, kinds: list[str], reason: str, actor: str, now: datetime) -> None:
    """Puts these on the list, in the caller's transaction. What stands there already stays as it is.
    Raises Invalid for what the payment does not have."""
    values = _values(payment)
    for kind in dict.fromkeys(kinds):
        if kind not in values:
            raise Invalid(fields={"block": ["This payment has nothing of that kind to block."]})
        try:
            lists.add(
                kind=kind, value=values[kind], effect="block", reason=reason,
                until=_until(kind, now), actor=actor, now=now,
            )  # fmt: skip
        except lists.AlreadyListed:
            continue


def _values(payment: Payment) -> dict[str, str]:
    """As the list reads them: of card, device and e-mail it takes the payment's own keys."""
    mine = str(payment.id)
    values = {"card": mine, "device": mine, "email": mine, "connection": payment.address}
    return {kind: value for kind, value in values.items() if value}


def _choice(kind: str, value: str, now: datetime) -> Choice | None:
    try:
        lists.check(
            kind=kind, value=value, effect="block", reason="Declined in review",
            until=_until(kind, now), now=now,
        )  # fmt: skip
    except lists.AlreadyListed:
        return Choice(kind, TITLES[kind], "on the list already", listed=True)
    except Invalid:
        return None  # a private network, a public name: the list would refuse it
    paid = list_previews.preview(kind=kind, value=value, now=now).paid
    said = counted(paid, "good booking") if paid else "no good booking"
    return Choice(kind, TITLES[kind], said, listed=False)


def _until(kind: str, now: datetime) -> datetime:
    return now + CONNECTION_TIME if kind == "connection" else lists.default_end(now)
