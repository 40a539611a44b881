"""How many values the writing key has sealed, at most, and the alarm well before AES-GCM's bound.

Random nonces allow 2^32 values under one key (NIST SP 800-38D); the alarm is at half of that. Nothing is counted when
a value is sealed: the database counts every row it writes, and a row seals no more values than it has sealed columns.
So the number can only be too high, survives every crash but the database's own, and costs the site nothing.
"""

from datetime import datetime

import structlog
from django.db import connection, transaction

from core.crypto import keyring
from core.crypto.models import KeyUse
from core.crypto.rotation import sealed_columns

ALARM = 2**31
WARNING = ALARM // 2

log = structlog.get_logger(__name__)


def count(*, now: datetime) -> KeyUse:
    """Adds what was written since the last look to the key that writes now; logs when it is time to change it."""
    with transaction.atomic():
        key_id, statistic = keyring.ring().writing_id, _values_written()
        fresh = {"since": now, "counted_at": now, "statistic": statistic}
        KeyUse.objects.get_or_create(key_id=key_id, defaults=fresh)
        use = KeyUse.objects.select_for_update().get(key_id=key_id)
        # The count begins anew after the database's own crash, or when somebody resets its statistics.
        written = statistic - use.statistic if statistic >= use.statistic else statistic
        use.seals, use.statistic, use.counted_at = use.seals + written, statistic, now
        use.save()
    if use.seals >= WARNING:
        tell = log.error if use.seals >= ALARM else log.warning
        tell("encryption_key_near_its_limit", key=key_id, seals=use.seals, alarm=ALARM)
    return use


def of_each_key() -> dict[str, int]:
    return dict(KeyUse.objects.order_by("since").values_list("key_id", "seals"))


def _values_written() -> int:
    """Since the database last began to count: rows inserted and updated, times their sealed columns."""
    columns: dict[str, int] = {}
    for column in sealed_columns():
        table = column.model._meta.db_table
        columns[table] = columns.get(table, 0) + 1
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_tup_ins + n_tup_upd FROM pg_stat_user_tables WHERE relname = ANY(%s)",
            [list(columns)],
        )
        return sum(columns[table] * rows for table, rows in cursor.fetchall())
