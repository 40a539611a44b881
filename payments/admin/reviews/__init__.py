"""The review desk: the queue of bookings that wait for a person, and the case of each."""

from payments.admin.reviews.pages import ReviewCaseAdmin

__all__ = ["ReviewCaseAdmin"]
