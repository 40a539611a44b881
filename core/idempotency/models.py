"""One row for each key that an actor used: first a claim, then the sealed answer."""

from datetime import timedelta

from django.db import models
from django.db.models import Q

from core.crypto.fields import SealedJSONField
from core.ids import uuid7

RETENTION = timedelta(hours=24)
LEASE = timedelta(seconds=90)


class IdempotencyKey(models.Model):
    """`scope` and `key` are keyed digests. In flight until `answered_at`; `attempt` tells a claim from a later one.

    `also_scope` is the browser that the first answer made known, so that its repeat, which then carries the
    cookie, finds the answer too.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scope = models.CharField(max_length=64)
    also_scope = models.CharField(max_length=64, blank=True, default="")
    key = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    attempt = models.PositiveSmallIntegerField(default=1)
    locked_until = models.DateTimeField()
    answer = SealedJSONField(null=True)
    answered_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "scope"], name="idempotency_one_claim_per_key"),
            models.CheckConstraint(
                condition=Q(answer__isnull=True, answered_at__isnull=True)
                | Q(answer__isnull=False, answered_at__isnull=False),
                name="idempotency_answer_has_its_moment",
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="idempotency_expiry")]

    def __str__(self) -> str:
        return f"{self.key[:8]} ({'answered' if self.answered_at else 'in flight'})"
