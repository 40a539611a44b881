"""A profile is asked for by its whole key: the index for prefixes only made each new one dearer."""

from django.db import migrations

INDEX = "fraud_keyprofile_key_30f49afb_like"


class Migration(migrations.Migration):
    atomic = False  # beside running payments
    dependencies = [("fraud", "0011_labels_once_and_forgetting")]

    operations = [
        migrations.RunSQL(
            f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}",
            f"CREATE INDEX CONCURRENTLY {INDEX} ON fraud_keyprofile (key varchar_pattern_ops)",
        ),
    ]
