"""Messages that Stripe sent and we never got: fetched, stored and taken up like any other."""

from datetime import datetime, timedelta

import structlog

from payments.gateways import lists
from payments.models import WebhookEvent
from payments.services import webhooks
from payments.services.reconciling.finding import Span
from payments.services.reconciling.pages import pages

log = structlog.get_logger(__name__)
# Stripe forgets them then.
KEPT = timedelta(days=30)


def fetch(span: Span, *, now: datetime) -> int:
    """How many were missing. What is younger than `settled` may still come by itself."""
    since = max(span.since, now - KEPT + timedelta(hours=1))
    fetched = 0
    for page in pages(lists.events_sent(since, min(span.until, span.settled))):
        known = WebhookEvent.objects.filter(event_id__in=[each.id for each in page])
        stored = set(known.values_list("event_id", flat=True))
        for event in reversed(page):
            if event.id in stored or event.account:
                continue
            log.warning("webhook_missed", type=event.type)
            kept = webhooks.store(event, now=now)
            if kept is not None:
                fetched += 1
                if kept.waits:
                    webhooks.process(event_pk=kept.pk, now=now)
    return fetched
