"""A preview of a domain, phone or network looks its payments up instead of reading them all."""

import django.db.models.fields.json
import django.db.models.functions.text
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


def previewed_by(kind: str) -> AddIndexConcurrently:
    return AddIndexConcurrently(
        model_name="assessment",
        index=models.Index(
            django.db.models.functions.text.Left(
                django.db.models.fields.json.KeyTextTransform(kind, "keys"), 16
            ),
            models.OrderBy(models.F("assessed_at"), descending=True),
            condition=models.Q(("keys__has_key", kind), ("stage", "before")),
            name=f"fraud_assessment_{kind}",
        ),
    )


class Migration(migrations.Migration):
    atomic = False  # indexes are built beside running payments
    dependencies = [("fraud", "0009_site_alarm")]

    operations = [previewed_by(kind) for kind in ("domain", "phone", "network")]
