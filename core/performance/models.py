"""Measurements by the hour, the statements they name, and what was suggested and became of it."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Measurement(models.Model):
    """One page, task, statement, vital or process number in one hour, all processes together."""

    hour = models.DateTimeField()
    kind = models.CharField(max_length=12)
    name = models.CharField(max_length=200)
    detail = models.CharField(max_length=64, blank=True, default="")
    count = models.BigIntegerField(default=0)
    errors = models.BigIntegerField(default=0)
    looked_at = models.BigIntegerField(default=0)
    total_ms = models.FloatField(default=0)
    cpu_ms = models.FloatField(default=0)
    gc_ms = models.FloatField(default=0)
    queries = models.BigIntegerField(default=0)
    query_ms = models.FloatField(default=0)
    peak = models.FloatField(default=0)
    slowest_ms = models.FloatField(default=0)
    slowest_trace = models.CharField(max_length=32, blank=True, default="")
    buckets = ArrayField(models.IntegerField())

    class Meta:
        verbose_name = "measurement"
        constraints = [
            models.UniqueConstraint(
                fields=["hour", "kind", "name", "detail"], name="performance_one_row_each"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Statement(models.Model):
    """The text of a statement that was slow or repeated, without its parameters."""

    digest = models.CharField(max_length=16, primary_key=True)
    text = models.TextField()
    seen_at = models.DateTimeField()

    class Meta:
        verbose_name = "statement"

    def __str__(self) -> str:
        return self.text[:80]


class SuggestionState(models.TextChoices):
    OPEN = "open", "Open"
    ACCEPTED = "accepted", "Accepted"
    NOT_NOW = "not_now", "Not now"
    DISMISSED = "dismissed", "Dismissed"
    MEASURED = "measured", "Done and measured"


class SuggestionRefused(ValueError):
    """The suggestion is not in a state for that."""


class Suggestion(models.Model):
    """One piece of advice about one thing: what was found, what it would bring, what was decided, what came of it."""

    NOT_NOW = timedelta(days=14)

    advice = models.CharField(max_length=40)
    about = models.CharField(max_length=200)
    detail = models.CharField(max_length=64, blank=True, default="")
    title = models.CharField(max_length=200)
    finding = models.TextField()
    evidence = models.JSONField(default=list)
    gain = models.CharField(max_length=200)
    effort = models.CharField(max_length=40)
    measure = models.CharField(max_length=12)
    value_ms = models.FloatField()
    trace = models.CharField(max_length=32, blank=True, default="")
    state = models.CharField(
        max_length=10, choices=SuggestionState, default=SuggestionState.OPEN, db_index=True
    )
    found_at = models.DateTimeField("found")
    seen_at = models.DateTimeField("last seen")
    decided_at = models.DateTimeField("decided", null=True)
    decided_by = models.CharField(max_length=80, blank=True, default="")
    reason = models.CharField(max_length=200, blank=True, default="")
    again_at = models.DateTimeField("comes back", null=True)
    before_ms = models.FloatField(null=True)
    released_at = models.DateTimeField("released", null=True)
    after_ms = models.FloatField(null=True)
    measured_at = models.DateTimeField("measured", null=True)

    class Meta:
        verbose_name = "suggestion"
        constraints = [
            models.UniqueConstraint(
                fields=["advice", "about", "detail"], name="performance_one_suggestion_each"
            ),
            models.CheckConstraint(
                condition=Q(state__in=SuggestionState.values), name="performance_suggestion_state"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def accept(self, *, actor: str, now: datetime) -> None:
        """Somebody will do it; what it is measured against is kept now."""
        self._from(SuggestionState.OPEN, SuggestionState.NOT_NOW)
        self.before_ms = self.value_ms
        self._decide(SuggestionState.ACCEPTED, actor, "", now)

    def put_off(self, *, actor: str, now: datetime) -> None:
        self._from(SuggestionState.OPEN)
        self.again_at = now + self.NOT_NOW
        self._decide(SuggestionState.NOT_NOW, actor, "", now)

    def dismiss(self, *, reason: str, actor: str, now: datetime) -> None:
        self._from(SuggestionState.OPEN, SuggestionState.NOT_NOW, SuggestionState.ACCEPTED)
        self._decide(SuggestionState.DISMISSED, actor, reason, now)

    def reopen(self, *, actor: str, now: datetime) -> None:
        self._from(SuggestionState.DISMISSED, SuggestionState.NOT_NOW)
        self._decide(SuggestionState.OPEN, actor, "", now)

    def release(self, *, actor: str, now: datetime) -> None:
        """The change is out; from here on it is measured."""
        self._from(SuggestionState.ACCEPTED)
        self.released_at, self.decided_by = now, actor
        self.save()

    def prove(self, after_ms: float, *, now: datetime) -> None:
        self._from(SuggestionState.ACCEPTED)
        self.after_ms, self.measured_at = after_ms, now
        self.state = SuggestionState.MEASURED
        self.save()

    def _decide(self, state: SuggestionState, actor: str, reason: str, now: datetime) -> None:
        self.state, self.decided_by, self.reason, self.decided_at = state, actor, reason, now
        self.save()

    def _from(self, *states: Any) -> None:
        if self.state not in states:
            raise SuggestionRefused(f"not from {self.state}")
