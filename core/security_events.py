"""What a watchman wants to hear of, in the words of OWASP's logging vocabulary: one line and one count each.

The lines are of the logger "security", at level warning or error: `deploy` ships them apart. They name nobody: networks,
accounts and links are keyed digests, staff are numbers.
"""

from typing import Any

import structlog
from prometheus_client import Counter

QUIET = ("authn_login_success", "authn_logout")
GRAVE = ("crypt_decrypt_fail", "payment_page_changed")
NAMES = frozenset(
    {
        *QUIET,
        *GRAVE,
        "authn_login_fail",
        "authz_fail",
        "excess_rate_limit_exceeded",
        "input_validation_fail",
        "malicious_direct_reference",
        "sequence_fail",
    }
)

log = structlog.get_logger("security")
told_total = Counter("security_events", "Lines of the security log", ["event"])


def tell(event: str, **facts: Any) -> None:
    """Raises KeyError for a name that the vocabulary does not have."""
    if event not in NAMES:
        raise KeyError(event)
    told_total.labels(event).inc()
    level = log.info if event in QUIET else log.error if event in GRAVE else log.warning
    level(event, **facts)
