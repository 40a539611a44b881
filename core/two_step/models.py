"""The second thing that a person of staff has: an app that knows a secret of ours, and ten codes on paper."""

from django.conf import settings
from django.db import models

from core import ids
from core.crypto.fields import SealedTextField


class Authenticator(models.Model):
    """The secret that somebody's app shares with us, kept from its first right code on."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    secret = SealedTextField()
    confirmed_at = models.DateTimeField()
    last_step = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"Authenticator of {self.user_id}"


class RecoveryCode(models.Model):
    """One sign-in without the phone. Only its digest is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Recovery code of {self.user_id}"
