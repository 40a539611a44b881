"""The weekly look at the pay page (PCI DSS 11.6.1): walk there, compare, write down, and say what differs."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from core import security_events
from core.audit import selectors as audit
from core.audit import services as auditing
from core.database.transactions import refuse_inside_transaction
from payments.probe import inventory, metrics, page, walk
from payments.probe.browser import Browser, HttpBrowser, NoAnswer

SUBJECT = "payments.page:pay"
SAME, CHANGED, UNSEEN = "pay_page_same", "pay_page_changed", "pay_page_unseen"
EVERY = timedelta(days=7)
AGAIN_AFTER_FAILURE = timedelta(hours=6)


@dataclass(frozen=True)
class Check:
    """`outcome` is SAME, CHANGED or UNSEEN; `differences` says what is not as kept, or why nothing was seen."""

    outcome: str
    differences: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.outcome == SAME


def check(*, now: datetime, browser: Browser | None = None, actor: str = "timetable") -> Check:
    """Leaves one audit entry; a difference is also an error in the security log."""
    refuse_inside_transaction("a look at the pay page")
    found = _look(browser or HttpBrowser(settings.SITE_URL))
    auditing.record(
        subject=SUBJECT,
        action=found.outcome,
        actor=actor,
        reason="; ".join(found.differences)[:500],
        now=now,
    )
    metrics.told(found.outcome)
    if found.outcome == CHANGED:
        security_events.tell("payment_page_changed", differences=found.differences[:20])
    return found


def is_due(now: datetime) -> bool:
    """A week after the last look; sooner when that one saw nothing."""
    last = latest()
    if last is None:
        return True
    return now - last.at >= (AGAIN_AFTER_FAILURE if last.action == UNSEEN else EVERY)


def latest():
    """The last entry of the audit trail about it, or None."""
    history = audit.history(SUBJECT)
    return history[-1] if history else None


def _look(browser: Browser) -> Check:
    with walk.to_the_pay_page(browser) as walked:
        if walked.page is None:
            return Check(UNSEEN, [walked.stuck])
        try:
            seen = page.look(browser, walked.page)
        except NoAnswer as problem:
            return Check(UNSEEN, [f"scripts: {problem}"])
    over_tls = settings.SITE_URL.startswith("https:")
    found = inventory.differences(seen, inventory.kept(), over_tls=over_tls)
    return Check(CHANGED, found) if found else Check(SAME)
