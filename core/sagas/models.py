"""A saga's run and the log of its steps.

Who drives a run holds its lease and knows its epoch. Each write raises the epoch and is refused when the epoch is
no longer the one that the writer knows: a driver that slept through its lease can't write a result.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q

from core import ids
from core.sagas import statements
from core.sagas.states import FINISHED, OPEN, State

LEASE = timedelta(seconds=30)
HAND_OVER = timedelta(seconds=60)


class Direction(models.TextChoices):
    DO = "do", "Do"
    UNDO = "undo", "Undo"


class SagaRunQuerySet(models.QuerySet["SagaRun"]):
    def open(self) -> "SagaRunQuerySet":
        return self.filter(state__in=OPEN)

    def needs_attention(self) -> "SagaRunQuerySet":
        return self.filter(state=State.NEEDS_ATTENTION)

    def stuck(self, *, now: datetime, after: timedelta) -> "SagaRunQuerySet":
        """Should have moved and has not."""
        return self.open().filter(due_at__lte=now - after)

    def take_lease(self, run_id: UUID, *, now: datetime) -> "SagaRun | None":
        """The run, if it is due and nobody else drives it. One statement: of two that ask, one gets it."""
        taken = self.raw(
            statements.TAKE_LEASE, {"id": run_id, "now": now, "lease_ends": now + LEASE}
        )
        return next(iter(taken), None)

    def hand_over_due(self, *, now: datetime, limit: int) -> list[UUID]:
        """Due runs that nobody drives and that were not handed out a moment ago."""
        values = {"now": now, "until": now + HAND_OVER, "limit": limit}
        return statements.fetch_ids(statements.HAND_OVER, values)

    def signal(
        self, *, name: str, subject_id: UUID, now: datetime, handed_until: datetime | None
    ) -> list[UUID]:
        """Make the run due. The count of signals tells a driver about to park that the world has moved."""
        values = {"name": name, "subject_id": subject_id, "now": now, "until": handed_until}
        return statements.fetch_ids(statements.SIGNAL, values)

    def insert_once(self, run: "SagaRun") -> bool:
        """False when the subject already has a run of that name; the caller's transaction lives on."""
        fields = self.model._meta.concrete_fields
        values = {str(field.column): getattr(run, field.attname) for field in fields}
        return statements.insert_once(values)


class SagaRun(models.Model):
    """One saga for one subject: where it stands, and when it moves next."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    name = models.CharField(max_length=60)
    version = models.PositiveSmallIntegerField()
    subject_id = models.UUIDField("about")
    trace = models.JSONField(default=dict, blank=True)
    started_at = models.DateTimeField("started")
    deadline_at = models.DateTimeField("must end by")

    state = models.CharField(max_length=16, choices=State.choices, default=State.RUNNING)
    direction = models.CharField(max_length=4, choices=Direction.choices, default=Direction.DO)
    step = models.CharField(max_length=60)
    data = models.JSONField(default=dict, blank=True)
    outcome = models.CharField(max_length=200, blank=True, default="")
    waiting_for = models.CharField(max_length=200, blank=True, default="")
    error = models.TextField(blank=True, default="")
    attempts = models.PositiveSmallIntegerField("failed tries", default=0)
    outages = models.PositiveIntegerField("tries while something was down", default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField("last move")
    finished_at = models.DateTimeField("ended", null=True, blank=True)

    epoch = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField("next move")
    handed_until = models.DateTimeField(null=True, blank=True)
    signals = models.PositiveIntegerField(default=0)

    # Of an object that was started with its lease and not driven yet.
    lease_in_hand = False

    objects = SagaRunQuerySet.as_manager()

    class Meta:
        verbose_name = "booking journey"
        constraints = [
            models.UniqueConstraint(fields=["name", "subject_id"], name="sagas_one_run_each"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="sagas_run_state"),
            models.CheckConstraint(
                condition=Q(direction__in=Direction.values), name="sagas_run_direction"
            ),
            models.CheckConstraint(
                condition=Q(state__in=FINISHED, finished_at__isnull=False)
                | (~Q(state__in=FINISHED) & Q(finished_at__isnull=True)),
                name="sagas_run_finished_at",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN) | Q(leased_until__isnull=True),
                name="sagas_run_lease_only_while_open",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.NEEDS_ATTENTION) | ~Q(error=""),
                name="sagas_run_attention_why",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state__in=OPEN), name="sagas_run_due"),
            models.Index(
                fields=["id"],
                condition=Q(state=State.NEEDS_ATTENTION),
                name="sagas_run_needs_attention",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version} of {self.subject_id}"

    def is_open(self) -> bool:
        return self.state in OPEN

    def is_leased(self, *, now: datetime) -> bool:
        return self.leased_until is not None and self.leased_until > now

    def move(self, entry: "SagaStepLog | None", *, now: datetime, **changes: Any) -> bool:
        """Write the changes, and what led to them, in one statement; False when the epoch has passed on.

        `due_at` becomes now if the run was signalled since it was last read: the step that wants to wait has not
        seen what the signal is about.
        """
        changes = {"changed_at": now, **changes}
        row = statements.move(self, changes, entry, now)
        if row is None:
            return False
        for name, value in changes.items():
            setattr(self, name, value)
        self.epoch, self.signals, self.due_at = row
        return True


class Outcome(models.TextChoices):
    WENT = "went", "Done"
    WAITED = "waited", "Waited"
    ENDED = "ended", "Done, and the rest not needed"
    TURNED = "turned", "Can't be done, undoing"
    UNAVAILABLE = "unavailable", "Something was down"
    FAILED = "failed", "Failed"
    UNDONE = "undone", "Undone"
    ASSUMED = "assumed", "Perhaps done, to be undone"
    RETRIED_BY_HAND = "retried_by_hand", "Staff: try again"
    ENDED_BY_HAND = "ended_by_hand", "Staff: done by hand"


RESULTS = (Outcome.WENT, Outcome.ENDED, Outcome.TURNED, Outcome.UNDONE, Outcome.ASSUMED)


class SagaStepLog(models.Model):
    """One try of one step, in the order of epochs; rows are only added."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    run = models.ForeignKey(SagaRun, on_delete=models.CASCADE, related_name="steps", db_index=False)
    epoch = models.PositiveIntegerField()
    step = models.CharField(max_length=60)
    direction = models.CharField(max_length=4, choices=Direction.choices)
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    attempt = models.PositiveIntegerField()
    error = models.TextField(blank=True, default="")
    at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "step"
        constraints = [
            models.UniqueConstraint(fields=["run", "epoch"], name="sagas_log_epoch_rises"),
            models.UniqueConstraint(
                fields=["run", "step", "direction"],
                condition=Q(outcome__in=RESULTS),
                name="sagas_log_one_result_each",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=Outcome.values), name="sagas_log_outcome"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.step}: {self.outcome}"
