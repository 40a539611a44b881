"""The daily head hash goes to the log, and so off this machine; and the trail is recomputed."""

import structlog
from celery import shared_task

from core import clock
from core.audit import selectors, verifications

log = structlog.get_logger(__name__)


@shared_task
def log_head() -> None:
    head = selectors.head()
    log.info("audit_head", hash=head.hash, chains=head.chains)


@shared_task(name="core.audit.tasks.verify")
def verify(*, verification_id: int | None = None) -> None:
    """Loud when a link is missing or altered: nobody changes the trail by accident."""
    found = verifications.run(verification_id=verification_id, now=clock.now())
    if found.breaks:
        log.critical("audit_trail_broken", breaks=found.breaks, records=found.records)
    else:
        log.info("audit_trail_whole", records=found.records, head=found.head)
