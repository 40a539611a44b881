"""One judgement of one try, with every reason it had; and the list of tries that it stopped."""

from django.db import models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Left

from core.ids import uuid7


class Stage(models.TextChoices):
    BEFORE = "before", "Before the card is asked"
    AFTER = "after", "After the bank answered"


class Band(models.TextChoices):
    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"


# What ties one booking to another, and so much of a digest as the index keeps of it: 64 bits tell keys
# apart, and four such indexes cost a fifth of four with the whole digest.
LINKED_BY = ("card", "device", "address", "email")
DIGEST_KEPT = 16
# What else an entry of the lists may stand for, and its preview counts by.
PREVIEWED_BY = ("domain", "phone", "network")


def linked_by(kind: str) -> models.Index:
    """The newest judgements of one key, without reading what the key has done before."""
    return models.Index(
        Left(KeyTextTransform(kind, "keys"), DIGEST_KEPT),
        models.F("assessed_at").desc(),
        condition=models.Q(keys__has_key=kind),
        name=f"fraud_assessment_{kind}",
    )


def previewed_by(kind: str) -> models.Index:
    """The first judgements of one key: each payment once."""
    return models.Index(
        Left(KeyTextTransform(kind, "keys"), DIGEST_KEPT),
        models.F("assessed_at").desc(),
        condition=models.Q(keys__has_key=kind, stage=Stage.BEFORE),
        name=f"fraud_assessment_{kind}",
    )


class Assessment(models.Model):
    """Immutable: the database refuses to change or remove a row (migration 0002).

    `readings` sum to `score`; `thresholds` and `rule_version` say what it was judged by.
    `keys` are keyed digests, never the address or card itself.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    payment_id = models.UUIDField("payment")
    stage = models.CharField(max_length=6, choices=Stage)
    score = models.PositiveSmallIntegerField()
    band = models.CharField(max_length=6, choices=Band)
    three_d_secure = models.BooleanField("3-D Secure asked for")
    readings = models.JSONField()
    values = models.JSONField("what every factor saw", null=True)
    total = models.FloatField("sum before rules and cut", null=True)
    shadow = models.JSONField("what the weight set beside would have said", null=True)
    thresholds = models.JSONField()
    rule_version = models.CharField(max_length=32)
    keys = models.JSONField()
    card = models.JSONField(null=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    places = models.PositiveSmallIntegerField()
    course = models.CharField(max_length=80)
    assessed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["payment_id", "stage"], name="fraud_assessment_once_a_stage"
            ),
            models.CheckConstraint(
                condition=models.Q(score__gte=0, score__lte=100), name="fraud_assessment_score"
            ),
            models.CheckConstraint(
                condition=models.Q(band__in=Band.values), name="fraud_assessment_band"
            ),
            models.CheckConstraint(
                condition=models.Q(stage__in=Stage.values), name="fraud_assessment_stage"
            ),
        ]
        indexes = [
            models.Index(fields=["-assessed_at"], name="fraud_assessment_latest"),
            *(linked_by(kind) for kind in LINKED_BY),
            *(previewed_by(kind) for kind in PREVIEWED_BY),
        ]

    def __str__(self) -> str:
        return f"{self.score} of 100, {self.get_stage_display().lower()}"


class Verdict(models.TextChoices):
    BLOCKED = "blocked", "Stopped before the card was charged"
    REVIEWED = "reviewed", "Sent to a person"
    CANCELLED = "cancelled", "Cancelled after the bank answered"


class FraudAttempt(models.Model):
    """One row for each try that was stopped or sent to a person; insert-only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    payment_id = models.UUIDField("payment")
    assessment = models.OneToOneField(Assessment, on_delete=models.PROTECT, related_name="attempt")
    verdict = models.CharField(max_length=9, choices=Verdict)
    score = models.PositiveSmallIntegerField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    course = models.CharField(max_length=80)
    reasons = models.JSONField()
    attempted_at = models.DateTimeField()

    class Meta:
        db_table = "fraud_attempts"
        verbose_name = "stopped or reviewed try"
        verbose_name_plural = "stopped and reviewed tries"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(verdict__in=Verdict.values), name="fraud_attempts_verdict"
            ),
        ]
        indexes = [
            models.Index(fields=["-attempted_at"], name="fraud_attempts_latest"),
            models.Index(fields=["payment_id"], name="fraud_attempts_payment"),
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()}, {self.score} of 100"
