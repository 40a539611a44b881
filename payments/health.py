"""Whether cards can be taken, and whether what Stripe tells us is being dealt with."""

from datetime import timedelta

from core import clock
from core.health import checks, watches
from core.health.checks import Slow, Words
from payments.models import WebhookEvent, WebhookState

LATE_AFTER = timedelta(minutes=10)

PAYMENTS = Words(
    "Payments", "Some card payments wait or fail.", "We can’t take cards right now.",
    "Places stay held, and customers are told that we will write.", "Open Circuit breakers: it is tested again by itself.",
)  # fmt: skip
MESSAGES = Words(
    "Stripe messages", "Stripe’s messages are dealt with late.", "Stripe’s messages are not dealt with.",
    "Bookings are not affected; payments are also looked up directly.", "Open Webhooks: the error says why, and each can be processed again.",
)  # fmt: skip


def connect() -> None:
    """Called once, from `ready()`."""
    checks.register("payments", payments, words=PAYMENTS, needed=False, timed=False)
    checks.register("stripe_messages", messages, words=MESSAGES, needed=False, timed=False)


def payments() -> None:
    watches.breaker("stripe")


def messages() -> None:
    late = WebhookEvent.objects.filter(
        state=WebhookState.RECEIVED, received_at__lt=clock.now() - LATE_AFTER
    ).count()
    if late:
        raise Slow(f"{late} wait longer than ten minutes.")
