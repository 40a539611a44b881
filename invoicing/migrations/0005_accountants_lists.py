"""Who may download the accountant’s lists."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("invoicing", "0004_numbers_proof"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="document",
            options={
                "permissions": [("export_accounts", "Can download the accountant’s lists")],
                "verbose_name": "invoice or credit note",
                "verbose_name_plural": "invoices and credit notes",
            },
        ),
    ]
