"""The breaker around the mail server. While it is open nothing is claimed, so no message loses a try."""

from core.breakers import registry
from core.breakers.policy import Policy
from core.mail.line import NotSent


def says_something_of_its_health(error: Exception) -> bool:
    """One recipient's mailbox that refuses is no outage, and nobody can make one by giving such addresses."""
    return isinstance(error, NotSent) and error.line_is_down


MAIL = registry.register(
    Policy(
        "mail",
        window_size=120,
        minimum_calls=3,
        slow_seconds=10.0,
        open_seconds=30.0,
        open_seconds_max=300.0,
        probes=1,
        probe_seconds=60.0,
        counts=says_something_of_its_health,
        title="E-mail server",
        effect="Bookings and payments work. E-mails come later.",
        fallback="Messages wait here and are sent by themselves",
    )
)
