"""Paper: invoices and credit notes. Issued ones never change: the database refuses (0002_guards)."""

from datetime import UTC
from typing import Any

from django.db import models
from django.db.models import F, Q

from core.crypto.fields import SealedBytesField, SealedJSONField
from core.ids import uuid7
from core.money import Money


class Kind(models.TextChoices):
    INVOICE = "invoice", "Invoice"
    CREDIT_NOTE = "credit_note", "Credit note"


class Counter(models.Model):
    """The last number taken in one series and year. Its row lock is what makes numbers gapless."""

    series = models.CharField(max_length=8)
    year = models.PositiveSmallIntegerField()
    last_number = models.PositiveIntegerField(default=0)
    last_issued_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "year"], name="invoicing_counter_once")
        ]

    def __str__(self) -> str:
        return f"{self.series}-{self.year}: {self.last_number}"


class DocumentQuerySet(models.QuerySet["Document"]):
    def invoices(self) -> "DocumentQuerySet":
        return self.filter(kind=Kind.INVOICE)

    def credit_notes(self) -> "DocumentQuerySet":
        return self.filter(kind=Kind.CREDIT_NOTE)

    def current(self) -> "DocumentQuerySet":
        """Invoices that no corrected one has taken the place of."""
        return self.invoices().filter(replaced_by=None)

    def with_credited(self) -> "DocumentQuerySet":
        """Each with `credited_minor`: what its credit notes took back, None where there are none."""
        return self.annotate(credited_minor=models.Sum("credit_notes__gross_minor"))


class Document(models.Model):
    """One issued invoice or credit note with all that it says, copied in at issue."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    series = models.CharField(max_length=8)
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    label = models.CharField("number", max_length=24, unique=True)
    issued_at = models.DateTimeField()
    tax_point = models.DateField()
    booking = models.ForeignKey("courses.Booking", models.PROTECT, related_name="+")
    payment = models.ForeignKey("payments.Payment", models.PROTECT, related_name="+")
    refund = models.ForeignKey(
        "payments.Refund", models.PROTECT, null=True, blank=True, related_name="+"
    )
    refers_to = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="credit_notes"
    )
    # Paper of a correction moves no money: the old invoice's credit note, the new invoice, and on that once more
    # what refunds had taken back of the old one.
    is_correction = models.BooleanField(default=False, db_default=False)
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    booking_reference = models.CharField(max_length=16)
    currency = models.CharField(max_length=3)
    net_minor = models.PositiveIntegerField()
    vat_minor = models.PositiveIntegerField()
    gross_minor = models.PositiveIntegerField()
    seller = models.JSONField()
    lines = models.JSONField()
    private = SealedJSONField(
        help_text="Who it is made out to, and the card: {buyer, email, purchase_order, method}."
    )
    content_hash = models.CharField(max_length=64)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = "invoice or credit note"
        verbose_name_plural = "invoices and credit notes"
        permissions = [("export_accounts", "Can download the accountant’s lists")]
        constraints = [
            models.UniqueConstraint(
                fields=["series", "year", "number"], name="invoicing_number_once"
            ),
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(kind="invoice", replaces=None),
                name="invoicing_one_sale_invoice",
            ),
            models.UniqueConstraint(
                fields=["refund"],
                condition=Q(kind="credit_note", replaces=None),
                name="invoicing_one_refund_note",
            ),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="invoicing_kind_known"),
            models.CheckConstraint(condition=Q(number__gte=1), name="invoicing_number_from_one"),
            models.CheckConstraint(
                condition=Q(gross_minor=F("net_minor") + F("vat_minor")),
                name="invoicing_totals_add_up",
            ),
            models.CheckConstraint(
                condition=Q(kind="invoice", refers_to=None, refund=None)
                | Q(kind="credit_note", refers_to__isnull=False, refund__isnull=False)
                | Q(kind="credit_note", refers_to__isnull=False, is_correction=True, replaces=None),
                name="invoicing_credit_note_refers",
            ),
            models.CheckConstraint(
                condition=Q(replaces=None) | Q(is_correction=True),
                name="invoicing_only_corrections_replace",
            ),
        ]
        indexes = [
            models.Index(fields=["-issued_at", "-id"], name="invoicing_newest"),
            models.Index(fields=["kind", "-issued_at", "-id"], name="invoicing_newest_of_kind"),
            models.Index(fields=["booking_reference"], name="invoicing_reference"),
            models.Index(
                fields=["kind", "year"],
                include=["net_minor", "vat_minor", "gross_minor"],
                name="invoicing_totals",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def is_credit_note(self) -> bool:
        return self.kind == Kind.CREDIT_NOTE

    @property
    def buyer(self) -> list[str]:
        """Name and address as printed, one entry a line."""
        return self.private["buyer"]

    @property
    def net(self) -> Money:
        return Money(self.net_minor, self.currency)

    @property
    def vat(self) -> Money:
        return Money(self.vat_minor, self.currency)

    @property
    def gross(self) -> Money:
        return Money(self.gross_minor, self.currency)

    def facts(self) -> dict[str, Any]:
        """Everything that the content hash vouches for."""
        correction = {"replaces": str(self.replaces_id or "")} if self.is_correction else {}
        return correction | {
            "id": str(self.id),
            "kind": str(self.kind),
            "label": self.label,
            "issued_at": self.issued_at.astimezone(UTC).isoformat(),
            "tax_point": self.tax_point.isoformat(),
            "booking_reference": self.booking_reference,
            "refers_to": str(self.refers_to_id or ""),
            "currency": self.currency,
            "net_minor": self.net_minor,
            "vat_minor": self.vat_minor,
            "gross_minor": self.gross_minor,
            "seller": self.seller,
            "lines": self.lines,
            "private": self.private,
        }


class File(models.Model):
    """A document's PDF, made once and kept as it was sent."""

    document = models.OneToOneField(Document, models.PROTECT, primary_key=True, related_name="file")
    content = SealedBytesField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"PDF {self.document_id}"


class FileFailure(models.Model):
    """A PDF that could not be made; gone once it is."""

    document = models.OneToOneField(
        Document, models.PROTECT, primary_key=True, related_name="file_failure"
    )
    attempts = models.PositiveIntegerField(default=1)
    error = models.CharField(max_length=300)
    failed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"PDF not made {self.document_id}"


class NumbersProof(models.Model):
    """One reading of all numbers: when, over how much, and what was wrong, in sentences."""

    proved_at = models.DateTimeField()
    series = models.PositiveIntegerField()
    papers = models.PositiveIntegerField()
    problems = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["-proved_at"], name="invoicing_proof_newest")]

    def __str__(self) -> str:
        return f"{self.papers} papers, {len(self.problems)} problems"
