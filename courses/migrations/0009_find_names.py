"""The keys of names that are there already, a part at a time beside running bookings, then their indexes."""

from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations

from core.crypto import keyring, names

PURPOSE = "courses.names"
PART = 500


def fill(apps: Any, schema_editor: Any) -> None:
    """A row that was written meanwhile has its keys; one that can't be opened stays unfindable."""
    for model, fields in (("Customer", ("name", "company")), ("Attendee", ("name",))):
        rows = apps.get_model("courses", model).objects.filter(name_keys=[]).order_by("pk")
        last = None
        while part := list((rows.filter(pk__gt=last) if last else rows)[:PART]):
            last = part[-1].pk
            for row in part:
                try:
                    keys = names.keys_of(*(getattr(row, each) for each in fields), purpose=PURPOSE)
                except keyring.Unreadable:
                    continue
                rows.filter(pk=row.pk).update(name_keys=keys)


def keep(apps: Any, schema_editor: Any) -> None:
    """The column goes with the migration before."""


class Migration(migrations.Migration):
    atomic = False  # indexes are built beside running bookings
    dependencies = [("courses", "0008_name_keys")]

    operations = [
        migrations.RunPython(fill, keep),
        AddIndexConcurrently(
            "attendee", GinIndex(fields=["name_keys"], name="courses_attendee_names")
        ),
        AddIndexConcurrently(
            "customer", GinIndex(fields=["name_keys"], name="courses_customer_names")
        ),
    ]
