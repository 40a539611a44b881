"""An early fraud warning is an outcome of its own."""

from django.db import migrations, models

KINDS = {
    "attempt": "Tried",
    "declined": "Refused by the bank",
    "succeeded": "Paid",
    "blocked": "Stopped by us",
    "disputed": "Disputed as fraud",
    "warned": "Called fraud by the bank",
    "refunded_as_fraud": "Refunded as fraud",
}


class Migration(migrations.Migration):
    dependencies = [("fraud", "0003_review_desk")]

    operations = [
        migrations.AlterField(
            model_name="outcome",
            name="kind",
            field=models.CharField(choices=list(KINDS.items()), max_length=20),
        ),
        migrations.AlterField(
            model_name="keycount",
            name="outcome",
            field=models.CharField(choices=list(KINDS.items()), max_length=20),
        ),
        migrations.RemoveConstraint(model_name="outcome", name="fraud_outcome_kind"),
        migrations.AddConstraint(
            model_name="outcome",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", list(KINDS))), name="fraud_outcome_kind"
            ),
        ),
    ]
