"""What fraud keeps of people. All that ties payments together is keyed digests, which an erasure leaves: a thief could
else have himself erased and begin anew (UK GDPR art. 17(1)(c), 21(1): overriding legitimate grounds; recital 47)."""

import datetime as dt

from django.conf import settings

from core.privacy import erasing
from core.privacy.declared import BLANK, DELETE, DIGEST, KEEP, harmless, personal
from core.privacy.erasing import Counts, Person
from fraud.services import forgetting

THEFT = "to stop stolen cards: UK GDPR art. 17(1)(c) and 21(1), recital 47"


def register() -> None:
    _declare()
    _declare_harmless()
    erasing.step(20, "reviews", _counts, _erase)


def _declare() -> None:
    personal(
        "fraud.Assessment", "keys", kept="for good", then=KEEP, erased=DIGEST,
        why=THEFT + "; a judgement never changes",
    )  # fmt: skip
    personal("fraud.Outcome", "keys", kept="for good", then=KEEP, erased=DIGEST, why=THEFT)
    for model in ("KeyProfile", "PendingOutcome"):
        personal(
            f"fraud.{model}", "key" if model == "PendingOutcome" else "key state",
            kept=f"{settings.FRAUD_PROFILE_DAYS} days after it was last seen; for good after a fraud",
            then=DELETE, erased=DIGEST, why=THEFT,
        )  # fmt: skip
    personal(
        "fraud.Assessment", "readings values card", kept="for good", then=KEEP,
        erased="kept: counts, points, the card's make and country; nobody is named", why=THEFT,
    )  # fmt: skip
    personal(
        "fraud.BlacklistEntry", "digest exact network shown reason", kept="until staff remove it",
        then=KEEP, erased=f"{DIGEST}; shown masked, a connection plain", why=THEFT,
    )  # fmt: skip
    personal(
        "fraud.ReviewCase", "note", kept="with the books", then=KEEP, erased=BLANK,
        why="why a payment was let through or not",
    )  # fmt: skip


def _declare_harmless() -> None:
    harmless("fraud.Assessment", "shadow thresholds", "points")
    harmless("fraud.FraudAttempt", "reasons", "names of signals")
    harmless("fraud.BlacklistEntry", "author removed_by removed_reason", "staff")
    harmless("fraud.KeyProfile", "key_kind", "which kind of key")
    harmless("fraud.PendingOutcome", "key_kind", "which kind of key")
    harmless("fraud.WeightSetRow", "weights figures adopted_by", "numbers")
    harmless("fraud.ReviewCase", "decided_by reason", "staff, codes")
    harmless("fraud.ReviewTransition", "actor cause", "staff, codes")
    harmless("fraud.ReviewWatch", "actor", "staff")


def _counts(person: Person) -> Counts:
    return {"reviews lose their notes": forgetting.noted(person.references)}


def _erase(person: Person, now: dt.datetime) -> None:
    forgetting.blank_notes(person.references)
