"""How often each key was used, at most: what says when it is time for a new one."""

from django.db import models


class KeyUse(models.Model):
    """`seals` never falls. `statistic` is what the database's own count of writes stood at when we last looked."""

    key_id = models.CharField(max_length=32, primary_key=True)
    seals = models.BigIntegerField(default=0)
    statistic = models.BigIntegerField(default=0)
    since = models.DateTimeField()
    counted_at = models.DateTimeField()

    class Meta:
        verbose_name = "use of a key"
        verbose_name_plural = "uses of keys"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(seals__gte=0), name="crypto_no_fewer_than_none"
            )
        ]

    def __str__(self) -> str:
        return f"{self.key_id}: {self.seals}"
