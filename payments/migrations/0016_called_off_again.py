"""Whoever moved away from one called-off date can meet another: once for each date, not once for ever."""

import django.db.models.deletion
from django.db import migrations, models

BOOKING = models.ForeignKey(
    "courses.booking",
    django.db.models.deletion.PROTECT,
    related_name="called_off",
    db_index=False,
)
ONCE = models.UniqueConstraint(fields=["booking", "job"], name="payments_calledoffbooking_once")


class Migration(migrations.Migration):
    atomic = False  # an index is built beside others
    dependencies = [
        ("courses", "0015_privacy"),
        ("payments", "0015_privacy"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    'CREATE UNIQUE INDEX CONCURRENTLY "payments_calledoffbooking_once"'
                    ' ON "payments_calledoffbooking" ("booking_id", "job_id")',
                    'DROP INDEX CONCURRENTLY IF EXISTS "payments_calledoffbooking_once"',
                ),
                migrations.RunSQL(
                    'ALTER TABLE "payments_calledoffbooking"'
                    ' DROP CONSTRAINT "payments_calledoffbooking_booking_id_key"',
                    'ALTER TABLE "payments_calledoffbooking" ADD CONSTRAINT'
                    ' "payments_calledoffbooking_booking_id_key" UNIQUE ("booking_id")',
                ),
            ],
            [
                migrations.AlterField("calledoffbooking", "booking", BOOKING),
                migrations.AddConstraint("calledoffbooking", ONCE),
            ],
        ),
    ]
