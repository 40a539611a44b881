"""Who is stopped, held for a person or let through whatever the score says, until when and why."""

from datetime import datetime
from typing import Any

from django.contrib.postgres.indexes import GistIndex
from django.db import models

from core.errors import Conflict
from core.ids import uuid7


class NotOnTheList(Conflict):
    code = "not_on_the_list"
    detail = "This entry has been removed already."


class ListKind(models.TextChoices):
    EMAIL = "email", "Email"
    EMAIL_DOMAIN = "email_domain", "Domain"
    CARD = "card", "Card"
    DEVICE = "device", "Device"
    CONNECTION = "connection", "Connection"
    PHONE = "phone", "Phone"


class Effect(models.TextChoices):
    BLOCK = "block", "Stop"
    REVIEW = "review", "Review"
    ALLOW = "allow", "Let through"


class Source(models.TextChoices):
    PERSON = "person", "A person"
    AUTOMATIC = "automatic", "Automatic"


class NetworkField(models.Field):
    """An IPv4 or IPv6 network as the database knows it (cidr): it answers which of them hold an address."""

    def db_type(self, connection: object) -> str:
        return "cidr"


@NetworkField.register_lookup
class Overlaps(models.Lookup):
    """Holds the other network, or lies in it."""

    lookup_name = "overlaps"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, column_params = self.process_lhs(compiler, connection)
        value, value_params = self.process_rhs(compiler, connection)
        return f"{column} && {value}::inet", [*column_params, *value_params]


class EntryQuerySet(models.QuerySet["BlacklistEntry"]):
    def kept(self) -> "EntryQuerySet":
        """Not removed by anybody; its time may have run out."""
        return self.filter(removed_at=None)

    def active(self, now: datetime) -> "EntryQuerySet":
        return self.kept().filter(models.Q(until=None) | models.Q(until__gt=now))

    def ended(self, now: datetime) -> "EntryQuerySet":
        return self.exclude(pk__in=self.active(now).values("pk"))


class BlacklistEntry(models.Model):
    """One value. `digest` is the keyed digest that payments carry for it (`subject.keys`); what is personal is
    kept as that alone, with `shown` for the eye. `exact` narrows an e-mail entry to the mailbox as the provider
    itself tells mailboxes apart; empty, every spelling that we link counts. A network is kept plain."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=12, choices=ListKind)
    effect = models.CharField(max_length=6, choices=Effect)
    source = models.CharField(max_length=9, choices=Source, default=Source.PERSON)
    digest = models.CharField(max_length=64)
    exact = models.CharField(max_length=64, blank=True)
    network = NetworkField(null=True)
    shown = models.CharField("value", max_length=260)
    reason = models.CharField(max_length=200)
    author = models.CharField("by", max_length=150)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    removed_by = models.CharField(max_length=150, blank=True)
    removed_reason = models.CharField(max_length=200, blank=True)
    hits = models.PositiveIntegerField(default=0)
    last_hit_at = models.DateTimeField(null=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        db_table = "fraud_blacklist"
        verbose_name = "blacklist entry"
        verbose_name_plural = "blacklist"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=ListKind.values), name="fraud_blacklist_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(effect__in=Effect.values), name="fraud_blacklist_effect"
            ),
            models.CheckConstraint(
                condition=models.Q(source="person") | models.Q(source="automatic", effect="review"),
                name="fraud_blacklist_automatic_reviews",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="connection", network__isnull=False)
                | (~models.Q(kind="connection") & models.Q(network__isnull=True)),
                name="fraud_blacklist_network",
            ),
            models.CheckConstraint(
                condition=models.Q(until=None) | models.Q(until__gt=models.F("since")),
                name="fraud_blacklist_until",
            ),
            models.UniqueConstraint(
                fields=["digest", "exact"],
                condition=models.Q(removed_at=None),
                name="fraud_blacklist_once",
            ),
        ]
        indexes = [
            GistIndex(
                fields=["network"],
                opclasses=["inet_ops"],
                condition=models.Q(removed_at=None),
                name="fraud_blacklist_holds",
            ),
            models.Index(fields=["kind", "-since"], name="fraud_blacklist_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.shown}"

    def remove(self, *, actor: str, reason: str, now: datetime) -> None:
        """Save under its lock; refuses when somebody was first."""
        if self.removed_at is not None:
            raise NotOnTheList
        self.removed_at, self.removed_by, self.removed_reason = now, actor, reason
        self.save(update_fields=["removed_at", "removed_by", "removed_reason"])

    def put_back_values(self) -> None:
        self.removed_at, self.removed_by, self.removed_reason = None, "", ""

    def standing(self, now: datetime) -> str:
        if self.removed_at is not None:
            return "removed"
        return "active" if self.until is None or self.until > now else "ended"
