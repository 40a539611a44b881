"""The list of customers, newest first, without sorting all of them."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # built beside running bookings
    dependencies = [("courses", "0011_waiting_list")]

    operations = [
        AddIndexConcurrently(
            "customer",
            models.Index(fields=["-created_at", "-id"], name="courses_customer_newest"),
        ),
    ]
