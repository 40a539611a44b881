"""What the review desk asks quickly: linked tries, similar scores, who looks, who was told."""

import django.db.models.deletion
import django.db.models.fields.json
import django.db.models.functions.text
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

SCORES = """
UPDATE fraud_reviewcase SET score = fraud_assessment.score
FROM fraud_assessment WHERE fraud_assessment.id = fraud_reviewcase.assessment_id
"""


class Migration(migrations.Migration):
    atomic = False  # indexes are built beside running payments
    dependencies = [
        ("fraud", "0002_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReviewWatch",
            fields=[
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="watch",
                        serialize=False,
                        to="fraud.reviewcase",
                    ),
                ),
                ("actor", models.CharField(max_length=150)),
                ("since", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="reviewcase",
            name="asked_to_call_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="reviewcase",
            name="held_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="reviewcase",
            name="late_told_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="reviewcase",
            name="score",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.RunSQL(SCORES, migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="assessment",
            index=models.Index(
                django.db.models.functions.text.Left(
                    django.db.models.fields.json.KeyTextTransform("card", "keys"), 16
                ),
                models.OrderBy(models.F("assessed_at"), descending=True),
                condition=models.Q(("keys__has_key", "card")),
                name="fraud_assessment_card",
            ),
        ),
        AddIndexConcurrently(
            model_name="assessment",
            index=models.Index(
                django.db.models.functions.text.Left(
                    django.db.models.fields.json.KeyTextTransform("device", "keys"), 16
                ),
                models.OrderBy(models.F("assessed_at"), descending=True),
                condition=models.Q(("keys__has_key", "device")),
                name="fraud_assessment_device",
            ),
        ),
        AddIndexConcurrently(
            model_name="assessment",
            index=models.Index(
                django.db.models.functions.text.Left(
                    django.db.models.fields.json.KeyTextTransform("address", "keys"), 16
                ),
                models.OrderBy(models.F("assessed_at"), descending=True),
                condition=models.Q(("keys__has_key", "address")),
                name="fraud_assessment_address",
            ),
        ),
        AddIndexConcurrently(
            model_name="assessment",
            index=models.Index(
                django.db.models.functions.text.Left(
                    django.db.models.fields.json.KeyTextTransform("email", "keys"), 16
                ),
                models.OrderBy(models.F("assessed_at"), descending=True),
                condition=models.Q(("keys__has_key", "email")),
                name="fraud_assessment_email",
            ),
        ),
        AddIndexConcurrently(
            model_name="reviewcase",
            index=models.Index(
                condition=models.Q(("late_told_at__isnull", True), ("state", "open")),
                fields=["promise_at"],
                name="fraud_reviewcase_untold",
            ),
        ),
        AddIndexConcurrently(
            model_name="reviewcase",
            index=models.Index(
                condition=models.Q(("decided_at__isnull", False)),
                fields=["score", "decided_at"],
                include=("state", "payment_id"),
                name="fraud_reviewcase_similar",
            ),
        ),
        AddIndexConcurrently(
            model_name="reviewcase",
            index=models.Index(
                condition=models.Q(("decided_at__isnull", False)),
                fields=["-decided_at"],
                name="fraud_reviewcase_decided",
            ),
        ),
        AddIndexConcurrently(
            model_name="reviewcase",
            index=models.Index(fields=["booking_reference"], name="fraud_reviewcase_booking"),
        ),
    ]
