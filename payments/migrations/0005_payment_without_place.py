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


# Built beside the old index, so that no payment waits for a lock; then it takes the old one's name.
REPLACE_INDEX = [
    """
    CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS payments_payment_one_success_new
    ON payments_payment (booking_id, purpose)
    WHERE (NOT without_place AND status = 'succeeded')
    """,
    "DROP INDEX CONCURRENTLY IF EXISTS payments_payment_one_success",
    "ALTER INDEX payments_payment_one_success_new RENAME TO payments_payment_one_success",
]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("payments", "0004_stray_money")]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="without_place",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(each, migrations.RunSQL.noop) for each in REPLACE_INDEX
            ],
            state_operations=[
                migrations.RemoveConstraint(model_name="payment", name=ONE_SUCCESS),
                migrations.AddConstraint(
                    model_name="payment",
                    constraint=models.UniqueConstraint(
                        fields=("booking", "purpose"),
                        condition=models.Q(status="succeeded", without_place=False),
                        name=ONE_SUCCESS,
                    ),
                ),
            ],
        ),
    ]
