"""Corrected invoices: a paper may take another’s place, and a correction’s credit note needs no refund.

Each index is built beside running sales, the new one before the old one goes.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

ONE_INVOICE = models.UniqueConstraint(
    fields=["payment"],
    condition=Q(kind="invoice", replaces=None),
    name="invoicing_one_sale_invoice",
)
ONE_CREDIT_NOTE = models.UniqueConstraint(
    fields=["refund"],
    condition=Q(kind="credit_note", replaces=None),
    name="invoicing_one_refund_note",
)
REPLACES = models.OneToOneField(
    "invoicing.document", django.db.models.deletion.PROTECT, null=True, blank=True,
    related_name="replaced_by",
)  # fmt: skip


def exchanged(new: str, on: str, where: str, old: str, old_where: str) -> migrations.RunSQL:
    """One statement each: within a transaction no index is built beside others."""
    build = 'CREATE UNIQUE INDEX CONCURRENTLY "{}" ON "invoicing_document" ("{}") WHERE ({})'
    drop = 'DROP INDEX CONCURRENTLY IF EXISTS "{}"'
    return migrations.RunSQL(
        [build.format(new, on, where), drop.format(old)],
        [build.format(old, on, old_where), drop.format(new)],
    )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("invoicing", "0002_guards"),
    ]

    operations = [
        migrations.AddField(
            "document", "is_correction", models.BooleanField(db_default=False, default=False)
        ),
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    'ALTER TABLE "invoicing_document" ADD COLUMN "replaces_id" uuid NULL'
                    ' CONSTRAINT "invoicing_document_replaces"'
                    ' REFERENCES "invoicing_document" ("id") DEFERRABLE INITIALLY DEFERRED',
                    'ALTER TABLE "invoicing_document" DROP COLUMN "replaces_id"',
                ),
                migrations.RunSQL(
                    'CREATE UNIQUE INDEX CONCURRENTLY "invoicing_replaced_once"'
                    ' ON "invoicing_document" ("replaces_id")',
                    'DROP INDEX CONCURRENTLY IF EXISTS "invoicing_replaced_once"',
                ),
            ],
            [migrations.AddField("document", "replaces", REPLACES)],
        ),
        migrations.SeparateDatabaseAndState(
            [
                exchanged(
                    "invoicing_one_sale_invoice", "payment_id",
                    """"kind" = 'invoice' AND "replaces_id" IS NULL""",
                    "invoicing_one_invoice", """"kind" = 'invoice'""",
                ),
                exchanged(
                    "invoicing_one_refund_note", "refund_id",
                    """"kind" = 'credit_note' AND "replaces_id" IS NULL""",
                    "invoicing_one_credit_note", """"kind" = 'credit_note'""",
                ),
            ],
            [
                migrations.RemoveConstraint("document", "invoicing_one_invoice"),
                migrations.RemoveConstraint("document", "invoicing_one_credit_note"),
                migrations.AddConstraint("document", ONE_INVOICE),
                migrations.AddConstraint("document", ONE_CREDIT_NOTE),
            ],
        ),
        migrations.RemoveConstraint("document", "invoicing_credit_note_refers"),
        migrations.AddConstraint(
            "document",
            models.CheckConstraint(
                condition=Q(kind="invoice", refers_to=None, refund=None)
                | Q(kind="credit_note", refers_to__isnull=False, refund__isnull=False)
                | Q(
                    is_correction=True,
                    kind="credit_note",
                    refers_to__isnull=False,
                    replaces=None,
                ),
                name="invoicing_credit_note_refers",
            ),
        ),
        migrations.AddConstraint(
            "document",
            models.CheckConstraint(
                condition=Q(replaces=None) | Q(is_correction=True),
                name="invoicing_only_corrections_replace",
            ),
        ),
    ]  # fmt: skip
