"""On Today, for whoever runs the machinery: whether the pay page is as it was kept."""

from datetime import datetime

from core.backoffice import navigation, today
from payments.probe import checking


def pay_page(now: datetime) -> today.Count:
    """Red while it differs: somebody else's script may be reading cards."""
    last = checking.latest()
    changed = last is not None and last.action == checking.CHANGED
    return today.Count(
        title="Pay page",
        number=int(changed),
        url=navigation.list_url("audit.auditentry") + f"?q={checking.SUBJECT}",
        icon="policy",
        note="Not as it was kept. Find out why before anybody pays",
        urgent=True,
        nothing="As it was kept" if last else "Not looked at yet",
    )


today.add_count(65, "payments.change_webhookevent", pay_page)
