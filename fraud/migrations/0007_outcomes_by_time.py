"""Outcomes are read by kind and time; what was paid for a course is in its profile."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # indexes are built beside running payments
    dependencies = [("fraud", "0006_profiles")]

    operations = [
        RemoveIndexConcurrently(model_name="outcome", name="fraud_outcome_course_paid"),
        AddIndexConcurrently(
            model_name="outcome",
            index=models.Index(fields=["kind", "happened_at"], name="fraud_outcome_by_time"),
        ),
    ]
