"""Training in the back office: what is taught, when and where, and who holds a place."""

from courses.admin import bookings, catalogue, today

__all__ = ["bookings", "catalogue", "today"]
