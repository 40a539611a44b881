"""What a list of papers comes to, read from an index."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # built beside running sales
    dependencies = [("invoicing", "0005_accountants_lists")]

    operations = [
        AddIndexConcurrently(
            "document",
            models.Index(
                fields=["kind", "year"],
                include=["net_minor", "vat_minor", "gross_minor"],
                name="invoicing_totals",
            ),
        ),
    ]
