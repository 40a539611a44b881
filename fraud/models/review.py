"""A payment that waits for a person: open until somebody decides, time decides, or it is gone."""

from datetime import datetime

from django.db import models

from core.crypto.fields import SealedTextField
from core.errors import Conflict
from core.ids import uuid7
from core.tracing import propagation


class AlreadyDecided(Conflict):
    code = "already_decided"
    detail = "Somebody has already decided this."


class State(models.TextChoices):
    OPEN = "open", "Waiting"
    APPROVED = "approved", "Approved"
    DECLINED = "declined", "Declined"
    LAPSED = "lapsed", "Ran out of time"
    WITHDRAWN = "withdrawn", "Booking cancelled"


TRANSITIONS: dict[tuple[str, str], str] = {
    (State.OPEN, "approve"): State.APPROVED,
    (State.OPEN, "decline"): State.DECLINED,
    (State.OPEN, "lapse"): State.LAPSED,
    (State.OPEN, "withdraw"): State.WITHDRAWN,
}


class ReviewQuerySet(models.QuerySet["ReviewCase"]):
    def open(self) -> "ReviewQuerySet":
        return self.filter(state=State.OPEN)

    def past_hard_limit(self, now: datetime) -> "ReviewQuerySet":
        return self.open().filter(hard_limit_at__lte=now)

    def past_promise_untold(self, now: datetime) -> "ReviewQuerySet":
        return self.open().filter(promise_at__lte=now, late_told_at__isnull=True)

    def locked(self) -> "ReviewQuerySet":
        """The row lock that makes one of two deciders the second."""
        return self.select_for_update()


class ReviewCase(models.Model):
    """At most one for each payment. `promise_at` is what the customer was told, `hard_limit_at` the
    moment when silence counts as a decline."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    payment_id = models.UUIDField("payment", unique=True)
    assessment = models.ForeignKey("fraud.Assessment", on_delete=models.PROTECT, related_name="+")
    booking_reference = models.CharField("booking", max_length=16)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="GBP")
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField()
    promise_at = models.DateTimeField("decide by")
    hard_limit_at = models.DateTimeField("counts as declined from")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=150, blank=True)
    reason = models.CharField(max_length=40, blank=True)
    note = SealedTextField(blank=True, default="")
    # The score that opened it, so that what became of similar ones is one look into an index.
    score = models.PositiveSmallIntegerField(default=0, db_default=0)
    asked_to_call_at = models.DateTimeField(null=True)
    held_at = models.DateTimeField(null=True)
    late_told_at = models.DateTimeField(null=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = "booking to review"
        verbose_name_plural = "bookings to review"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=State.values), name="fraud_reviewcase_state"
            ),
            models.CheckConstraint(
                condition=models.Q(state=State.OPEN, decided_at__isnull=True)
                | (~models.Q(state=State.OPEN) & models.Q(decided_at__isnull=False)),
                name="fraud_reviewcase_decided_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["promise_at"],
                condition=models.Q(state="open"),
                name="fraud_reviewcase_queue",
            ),
            models.Index(
                fields=["hard_limit_at"],
                condition=models.Q(state="open"),
                name="fraud_reviewcase_limit",
            ),
            models.Index(
                fields=["promise_at"],
                condition=models.Q(state="open", late_told_at__isnull=True),
                name="fraud_reviewcase_untold",
            ),
            models.Index(
                fields=["score", "decided_at"],
                include=["state", "payment_id"],
                condition=models.Q(decided_at__isnull=False),
                name="fraud_reviewcase_similar",
            ),
            models.Index(
                fields=["-decided_at"],
                condition=models.Q(decided_at__isnull=False),
                name="fraud_reviewcase_decided",
            ),
            models.Index(fields=["booking_reference"], name="fraud_reviewcase_booking"),
        ]

    def __str__(self) -> str:
        return f"Review of {self.booking_reference}"

    def decide(
        self, action: str, *, actor: str, now: datetime, reason: str = "", note: str = ""
    ) -> None:
        """Leaves the open state for good; refuses when it was already left. Save under its lock."""
        before, self.state = self.state, self._next(action)
        self.decided_at = now
        self.decided_by = actor
        self.reason = reason
        self.note = note
        self.save(update_fields=["state", "decided_at", "decided_by", "reason", "note"])
        self.leave_history(from_state=before, actor=actor, cause=reason or action, now=now)

    def postpone(self, cause: str, *, to: datetime, actor: str, now: datetime) -> None:
        """Stays open, to be decided later: `asked_to_call` or `held`. Save under its lock."""
        if self.state != State.OPEN:
            self._next(cause)
        self.promise_at = to
        self.late_told_at = None
        setattr(self, f"{cause}_at", now)
        self.save(update_fields=["promise_at", "late_told_at", f"{cause}_at"])
        self.leave_history(from_state=self.state, actor=actor, cause=cause, now=now)

    def leave_history(self, *, from_state: str, actor: str, cause: str, now: datetime) -> None:
        ReviewTransition.objects.create(
            case=self,
            from_state=from_state,
            to_state=self.state,
            actor=actor,
            cause=cause,
            trace_id=propagation.trace_id(),
            at=now,
        )

    def _next(self, action: str) -> str:
        try:
            return TRANSITIONS[self.state, action]
        except KeyError:
            raise AlreadyDecided(
                state=self.state, decided_at=self.decided_at and self.decided_at.isoformat()
            ) from None


class ReviewTransition(models.Model):
    """The history of a case; the database refuses to change it (migration 0002)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(ReviewCase, on_delete=models.PROTECT, related_name="transitions")
    from_state = models.CharField(max_length=9, blank=True)
    to_state = models.CharField(max_length=9)
    actor = models.CharField(max_length=150)
    cause = models.CharField(max_length=60)
    trace_id = models.CharField(max_length=32, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.from_state} to {self.to_state}"


class ReviewWatch(models.Model):
    """Who has a case open: one row each, alive for as long as its page says so."""

    case = models.OneToOneField(
        ReviewCase, primary_key=True, on_delete=models.CASCADE, related_name="watch"
    )
    actor = models.CharField(max_length=150)
    since = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.actor} since {self.since}"
