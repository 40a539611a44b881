"""Hands messages to their handlers: each at least tried, none lost, its effects once.

Fresh deliveries go in batches of one transaction, since the commit is what costs; when one of a batch fails, all
of it is rolled back and each is tried alone. Two relays at once share the work: a claim skips what another holds,
and a relay that slept through its lease finds at the mark that its claim is gone.
"""

import time
from collections.abc import Sequence
from datetime import datetime

import structlog
from django.db import transaction

from core import clock
from core.backoff import Backoff
from core.crashpoints import crash_point
from core.outbox import events, metrics
from core.outbox.models import ATTEMPTS_MAX, Claim, Delivery
from core.tracing import spans

BATCH = 20
RETRY_EVERY_ROUNDS = 5
SECONDS_MAX = 60
BACKOFF = Backoff(first_seconds=2, factor=3, ceiling_seconds=3600)

log = structlog.get_logger(__name__)


class ClaimLost(RuntimeError):
    """Another relay has taken over: whatever was done here is rolled back."""


def relay_due(*, now: datetime | None = None, batch: int = BATCH) -> int:
    """Handle what is due until nothing is, or a minute has passed; how many deliveries were tried."""
    tried, turn, until = 0, 0, time.monotonic() + SECONDS_MAX
    while time.monotonic() < until:
        moment = now or clock.now()
        claims = Delivery.objects.claim_fresh(now=moment, limit=batch)
        _handle_batch(claims, moment)
        if not claims or turn % RETRY_EVERY_ROUNDS == RETRY_EVERY_ROUNDS - 1:
            retries = Delivery.objects.claim_retry(now=moment)
            _handle_each(retries, moment)
            claims += retries
        if not claims:
            break
        tried, turn = tried + len(claims), turn + 1
    return tried


def _handle_batch(claims: list[Claim], now: datetime) -> None:
    if len(claims) > 1:
        try:
            return _handle(claims, now)
        except Exception as error:
            log.info("outbox_batch_taken_apart", size=len(claims), error=type(error).__name__)
    return _handle_each(claims, now)


def _handle_each(claims: Sequence[Claim], now: datetime) -> None:
    for claim in claims:
        try:
            _handle([claim], now)
        except ClaimLost:
            log.warning("outbox_claim_lost", delivery=str(claim.id), handler=claim.handler)
        except Exception as error:
            _record_failure(claim, error, now)


def _handle(claims: Sequence[Claim], now: datetime) -> None:
    """The mark comes first: it locks the rows, so that whoever lost its claim stops before any effect."""
    with transaction.atomic():
        if Delivery.objects.mark_done(claims, now=now) != len(claims):
            raise ClaimLost
        for claim in claims:
            _call(claim)
        crash_point("CP06")
    for claim in claims:
        metrics.done(claim, now)


def _call(claim: Claim) -> None:
    facts = {"messaging.operation.name": "process", "messaging.message.id": str(claim.id)}
    with spans.continued(claim.trace, f"process {claim.handler}", attributes=facts):
        handler = events.handler_of(claim.event, claim.handler)
        handler(events.read(claim.event, claim.version, claim.payload))


def _record_failure(claim: Claim, error: Exception, now: datetime) -> None:
    """The error is kept with the delivery; the log says only what kind it was, since errors can quote people."""
    final = claim.attempt >= ATTEMPTS_MAX
    Delivery.objects.mark_failed(
        claim,
        error=f"{type(error).__name__}: {error}",
        retry_at=None if final else now + BACKOFF.after(claim.attempt),
    )
    metrics.failed(claim, final=final)
    tell = log.error if final else log.warning
    with spans.continued(claim.trace, f"put off {claim.handler}"):
        tell(
            "outbox_gave_up" if final else "outbox_try_failed",
            delivery=str(claim.id),
            handler=claim.handler,
            attempt=claim.attempt,
            error=type(error).__name__,
        )
