"""What lost disputes took is not there to be given back."""

from django.db import migrations, models

LOST = """
    UPDATE payments_payment SET disputed_away_minor = lost.amount
    FROM (
        SELECT payment_id, sum(amount_minor) AS amount FROM payments_dispute WHERE status = 'lost' GROUP BY payment_id
    ) AS lost
    WHERE payments_payment.id = lost.payment_id
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0016_called_off_again")]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="disputed_away_minor",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.RunSQL(LOST, migrations.RunSQL.noop),
    ]
