"""Contract: nothing that runs writes the counts any more; profiles took their place (0006)."""

from django.db import migrations

# Backwards it is there again, empty as it was in a new shop: profiles never read it.
COUNTS = """
CREATE TABLE fraud_keycount (
    id uuid NOT NULL PRIMARY KEY,
    key varchar(64) NOT NULL,
    key_kind varchar(10) NOT NULL,
    outcome varchar(20) NOT NULL,
    bucket_at timestamp with time zone NOT NULL,
    count integer NOT NULL CHECK (count >= 0),
    amount_minor bigint NOT NULL,
    CONSTRAINT fraud_keycount_bucket UNIQUE (key, outcome, bucket_at)
)
"""


class Migration(migrations.Migration):
    dependencies = [("fraud", "0007_outcomes_by_time")]

    operations = [migrations.RunSQL("DROP TABLE fraud_keycount", COUNTS)]
