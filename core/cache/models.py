"""No rows: a name for the console and its permissions."""

from django.db import models


class CachedFamily(models.Model):
    """What is cached is no table. The model gives the console its address and its permissions."""

    class Meta:
        managed = False
        default_permissions = ("view", "change")
        verbose_name = "cache"
        verbose_name_plural = "caches"

    def __str__(self) -> str:
        return "cache"
