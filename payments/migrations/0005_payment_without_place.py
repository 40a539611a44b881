"""Late money pays for nothing, also when the refund of it comes back from the bank."""

from django.db import migrations, models

ONE_SUCCESS = "payments_payment_one_success"
BACKFILL = """
    UPDATE payments_payment SET without_place = true
    WHERE id IN (
        SELECT payment_id FROM payments_paymenttransition
        WHERE action = 'succeed' AND cause = 'captured, no place left'
    )
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0004_stray_money")]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="without_place",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
        migrations.RemoveConstraint(model_name="payment", name=ONE_SUCCESS),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                fields=("booking", "purpose"),
                condition=models.Q(status="succeeded", without_place=False),
                name=ONE_SUCCESS,
            ),
        ),
    ]
