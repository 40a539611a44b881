"""Each key's history as one row, what still has to be added to it, and the weight sets."""

from django.db import models
from django.db.models.functions import Now

from core.ids import uuid7
from fraud.models.outcome import Outcome


class KeyProfile(models.Model):
    """A key's profile as JSON (`fraud.history.profile`), up to what is still pending. One folder at
    a time writes it; whoever pays only reads, so that a busy connection makes nobody wait. `heard_at` is
    the moment of the last outcome in it."""

    key = models.CharField(primary_key=True, max_length=64)
    key_kind = models.CharField(max_length=10)
    state = models.JSONField()
    folded_at = models.DateTimeField(db_default=Now())
    heard_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.key_kind} {self.key[:8]}"


class PendingOutcome(models.Model):
    """An outcome that a key's profile does not hold yet. Readers add it themselves."""

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=64)
    key_kind = models.CharField(max_length=10)
    outcome = models.ForeignKey(Outcome, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["key"], name="fraud_pending_key")]

    def __str__(self) -> str:
        return f"{self.key_kind} {self.key[:8]}"


class WeightState(models.TextChoices):
    LIVE = "live", "Judges payments"
    SHADOW = "shadow", "Runs beside, changes nothing"
    PROPOSED = "proposed", "Proposed"
    RETIRED = "retired", "No longer used"


class WeightSetRow(models.Model):
    """A weight set somebody may adopt. Without a live one the shipped points judge. `factors` never
    changes (migration 0006); the state moves with who moved it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.CharField(max_length=32, unique=True)
    state = models.CharField(max_length=8, choices=WeightState, default=WeightState.PROPOSED)
    weights = models.JSONField()
    figures = models.JSONField(default=dict)
    proposed_at = models.DateTimeField()
    adopted_at = models.DateTimeField(null=True)
    adopted_by = models.CharField(max_length=150, blank=True)

    class Meta:
        verbose_name = "weight set"
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="live"), name="fraud_weightset_one_live"
            ),
            models.UniqueConstraint(
                fields=["state"],
                condition=models.Q(state="shadow"),
                name="fraud_weightset_one_shadow",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=WeightState.values), name="fraud_weightset_state"
            ),
        ]

    def __str__(self) -> str:
        return self.version
