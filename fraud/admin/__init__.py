"""Risk in the back office: judgements to read, the lists to keep. The desk itself is payments'."""

from fraud.admin import alarm, blacklist, judgements, reports, weights
from fraud.admin.judgements import bookings_to_review, reasons

__all__ = [
    "alarm",
    "blacklist",
    "bookings_to_review",
    "judgements",
    "reasons",
    "reports",
    "weights",
]
