"""The outbox for staff: what waits, what gave up and why, and trying again after a preview."""

from core.outbox.admin import deliveries

__all__ = ["deliveries"]
