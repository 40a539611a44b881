"""Training in the back office: what is taught, when and where, and who holds a place."""

from courses.admin import (
    bookings,
    catalogue,
    enquiries,
    finding,
    funnel,
    policies,
    reports,
    today,
    waiting,
)

__all__ = [
    "bookings",
    "catalogue",
    "enquiries",
    "finding",
    "funnel",
    "policies",
    "reports",
    "today",
    "waiting",
]
