"""The breakers around Stripe: questions, charges and money given back apart, one bulkhead for all.

Only what says something about Stripe's health counts: no connection, no answer, a server's error, too many requests.
A declined card, a refused parameter and a refused key say nothing of it, and neither does our own lack of time.
"""

from django.conf import settings

from core.breakers import registry
from core.breakers.bulkhead import Bulkhead
from core.breakers.guard import Guard
from core.breakers.policy import Policy
from payments.gateways.base import Busy, NotSent, Unreachable

LOOK_UP_SECONDS = 15.0
OUR_OWN = ("no_time_left", "look_up_too_long")
CARDS_PAUSED = (
    "The catalogue works and places stay held. Who pays reads: “We can’t take cards right now.”"
)


def says_something_of_its_health(error: Exception) -> bool:
    if isinstance(error, Busy):
        return error.gateway_code == "rate_limit"
    return isinstance(error, (Unreachable, NotSent)) and error.gateway_code not in OUR_OWN


_bulkhead = Bulkhead(
    "stripe", places=settings.STRIPE_CALLS_MAX, waiting_max=settings.STRIPE_CALLS_WAITING_MAX
)

READS = registry.register(
    Policy(
        "stripe-reads",
        slow_seconds=5.0,
        counts=says_something_of_its_health,
        title="Stripe: questions",
        effect=CARDS_PAUSED,
        fallback="Payments under way are asked about later",
    ),
    bulkhead=_bulkhead,
)
CHARGES = registry.register(
    Policy(
        "stripe-charges",
        slow_seconds=8.0,
        counts=says_something_of_its_health,
        title="Stripe: payments",
        effect=CARDS_PAUSED,
        fallback="What is authorised already is taken later by itself",
    ),
    bulkhead=_bulkhead,
)
REFUNDS = registry.register(
    Policy(
        "stripe-refunds",
        slow_seconds=8.0,
        counts=says_something_of_its_health,
        title="Stripe: refunds, cancellations and answers to disputes",
        effect="Nothing at once. Who is to get money back gets it later.",
        fallback="What is to be given back waits, and is done later by itself",
    ),
    bulkhead=_bulkhead,
)
_NOT_AT_ONCE = ("refund", "cancel", "evidence", "accept")


def of_change(verb: str) -> Guard:
    """The breaker of a request that changes something, by the verb of its intent row."""
    return REFUNDS if verb.partition("-")[0] in _NOT_AT_ONCE else CHARGES
