"""The state machines of payments: one table of (state, action) -> state each, and nothing else.

Whatever is not in a table is refused. A trigger in the database repeats the tables (migration 0002).
"""

from django.db.models import TextChoices


class PaymentStatus(TextChoices):
    CREATED = "created", "Starting"
    IN_FLIGHT = "in_flight", "Asking the bank"
    REQUIRES_ACTION = "requires_action", "Waiting for the customer's bank"
    PROCESSING = "processing", "The bank is working on it"
    AUTHORISED = "authorised", "Authorised"
    CAPTURING = "capturing", "Being taken"
    SUCCEEDED = "succeeded", "Taken"
    UNKNOWN = "unknown", "Checking with the bank"
    BLOCKED = "blocked", "Blocked by us"
    FAILED = "failed", "Refused"
    CANCELLED = "cancelled", "Cancelled"
    LAPSED = "lapsed", "Authorisation ended"


class RefundStatus(TextChoices):
    REQUESTED = "requested", "Asked for"
    APPROVED = "approved", "Approved"
    SENT_BACK = "sent_back", "Sent back with a question"
    REJECTED = "rejected", "Rejected"
    IN_FLIGHT = "in_flight", "Sending…"
    PENDING = "pending", "On its way"
    SUCCEEDED = "succeeded", "Sent"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Checking with the bank"
    SETTLED_BY_HAND = "settled_by_hand", "Paid by bank transfer"


class DisputeStatus(TextChoices):
    NEEDS_RESPONSE = "needs_response", "Needs an answer"
    UNDER_REVIEW = "under_review", "With the bank"
    WON = "won", "Won"
    LOST = "lost", "Lost"
    WARNING_NEEDS_RESPONSE = "warning_needs_response", "Inquiry: needs an answer"
    WARNING_UNDER_REVIEW = "warning_under_review", "Inquiry: with the bank"
    WARNING_CLOSED = "warning_closed", "Inquiry closed"
    PREVENTED = "prevented", "Prevented"


class AnswerStatus(TextChoices):
    DECIDED = "decided", "About to be sent"
    IN_FLIGHT = "in_flight", "Sending…"
    UNKNOWN = "unknown", "Checking with Stripe"
    SENT = "sent", "Sent"
    FAILED = "failed", "Not sent"


class CalledOffStatus(TextChoices):
    """A booking of a date that we cancelled."""

    WAITING = "waiting", "Being worked on"
    CHOOSING = "choosing", "Told, chooses"
    MOVED = "moved", "Moved to another date"
    REFUNDED = "refunded", "Money on its way back"
    ENDED = "ended", "Ended, nothing to give back"


_P = PaymentStatus
_R = RefundStatus
_A = AnswerStatus
Table = dict[tuple[str, str], str]


def _each(states: tuple[str, ...], **actions: str) -> Table:
    return {(state, action): to for state in states for action, to in actions.items()}


PAYMENT: Table = {
    (_P.CREATED, "send"): _P.IN_FLIGHT,
    (_P.CREATED, "block"): _P.BLOCKED,
    (_P.CREATED, "cancel"): _P.CANCELLED,
    (_P.IN_FLIGHT, "require_action"): _P.REQUIRES_ACTION,
    (_P.IN_FLIGHT, "process"): _P.PROCESSING,
    **_each(
        (_P.IN_FLIGHT, _P.REQUIRES_ACTION, _P.PROCESSING),
        authorise=_P.AUTHORISED,
        fail=_P.FAILED,
        cancel=_P.CANCELLED,
        lose_sight=_P.UNKNOWN,
    ),
    **_each((_P.REQUIRES_ACTION, _P.PROCESSING), send=_P.IN_FLIGHT),
    (_P.AUTHORISED, "capture"): _P.CAPTURING,
    (_P.AUTHORISED, "cancel"): _P.CANCELLED,
    (_P.AUTHORISED, "lapse"): _P.LAPSED,
    (_P.CAPTURING, "succeed"): _P.SUCCEEDED,
    (_P.CAPTURING, "cancel"): _P.CANCELLED,
    (_P.CAPTURING, "lapse"): _P.LAPSED,
    (_P.CAPTURING, "lose_sight"): _P.UNKNOWN,
    (_P.UNKNOWN, "require_action"): _P.REQUIRES_ACTION,
    (_P.UNKNOWN, "process"): _P.PROCESSING,
    (_P.UNKNOWN, "authorise"): _P.AUTHORISED,
    (_P.UNKNOWN, "succeed"): _P.SUCCEEDED,
    (_P.UNKNOWN, "fail"): _P.FAILED,
    (_P.UNKNOWN, "cancel"): _P.CANCELLED,
    (_P.UNKNOWN, "lapse"): _P.LAPSED,
}

REFUND: Table = {
    (_R.REQUESTED, "approve"): _R.APPROVED,
    (_R.REQUESTED, "send_back"): _R.SENT_BACK,
    (_R.REQUESTED, "reject"): _R.REJECTED,
    (_R.SENT_BACK, "ask_again"): _R.REQUESTED,
    (_R.APPROVED, "send"): _R.IN_FLIGHT,
    (_R.APPROVED, "reject"): _R.REJECTED,
    (_R.IN_FLIGHT, "lose_sight"): _R.UNKNOWN,
    **_each((_R.IN_FLIGHT, _R.UNKNOWN), pend=_R.PENDING, succeed=_R.SUCCEEDED, fail=_R.FAILED),
    (_R.PENDING, "succeed"): _R.SUCCEEDED,
    (_R.PENDING, "fail"): _R.FAILED,
    (_R.SUCCEEDED, "fail"): _R.FAILED,
    (_R.FAILED, "settle_by_hand"): _R.SETTLED_BY_HAND,
}

CALLED_OFF: Table = {
    (CalledOffStatus.WAITING, "end"): CalledOffStatus.ENDED,
    (CalledOffStatus.WAITING, "ask"): CalledOffStatus.CHOOSING,
    (CalledOffStatus.CHOOSING, "move"): CalledOffStatus.MOVED,
    (CalledOffStatus.CHOOSING, "refund"): CalledOffStatus.REFUNDED,
    (CalledOffStatus.CHOOSING, "end"): CalledOffStatus.ENDED,
}

# A dispute is the bank's and the gateway's: we only mirror it, so any state may follow any other.
DISPUTE: Table = {
    (before, f"mirror_{after}"): after
    for before in DisputeStatus
    for after in DisputeStatus
    if before != after
}

ANSWER: Table = {
    **_each((_A.DECIDED,), send=_A.IN_FLIGHT, fail=_A.FAILED),
    (_A.IN_FLIGHT, "lose_sight"): _A.UNKNOWN,
    **_each((_A.IN_FLIGHT, _A.UNKNOWN), succeed=_A.SENT, fail=_A.FAILED),
}

# A payment in one of these may still take money: no other attempt may begin.
PAYMENT_OPEN = (
    _P.CREATED,
    _P.IN_FLIGHT,
    _P.REQUIRES_ACTION,
    _P.PROCESSING,
    _P.AUTHORISED,
    _P.CAPTURING,
    _P.UNKNOWN,
)
# A refund in one of these may still move money, or be about to.
REFUND_OPEN = (
    _R.REQUESTED,
    _R.APPROVED,
    _R.SENT_BACK,
    _R.IN_FLIGHT,
    _R.PENDING,
    _R.UNKNOWN,
)
# Nobody has said yes: nothing was sent.
REFUND_UNDECIDED = (_R.REQUESTED, _R.SENT_BACK, _R.REJECTED)
DISPUTE_OPEN = (
    DisputeStatus.NEEDS_RESPONSE,
    DisputeStatus.UNDER_REVIEW,
    DisputeStatus.WARNING_NEEDS_RESPONSE,
    DisputeStatus.WARNING_UNDER_REVIEW,
)
# The bank waits for our answer.
DISPUTE_UNANSWERED = (DisputeStatus.NEEDS_RESPONSE, DisputeStatus.WARNING_NEEDS_RESPONSE)
# It is at the bank, or may be: what failed never was.
ANSWER_STANDING = (_A.DECIDED, _A.IN_FLIGHT, _A.UNKNOWN, _A.SENT)
