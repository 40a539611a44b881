"""How long one assessment takes, with 10,000 and with 1,000,000 payments in history.

`python -m tests.performance.assessments [--payments 1000000]`: a throw-away PostgreSQL, history made
in it, then buyers known and new, before and after the bank. The ratio of the two is the promise. A history made
in minutes leaves the server gigabytes to write and tidy, which years would not: it is waited for.
"""

import argparse
import json
import os
import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from core.embedded import postgres

REST_SECONDS_MAX = 300
SMALL = 10_000
ASKED = 400
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
KINDS = ("email", "card", "device", "address")
# A copy of a row that is kept already needs not be packed again.
FIRST_PROFILE = (
    "INSERT INTO fraud_keyprofile (key, key_kind, state) VALUES (%(kind)s, %(kind)s, %(state)s)"
)
FILL_PROFILES = """
    INSERT INTO fraud_keyprofile (key, key_kind, state)
    SELECT md5(%(kind)s::text || number) || md5(number || %(kind)s::text), packed.key_kind, packed.state
    FROM generate_series(%(first)s::int, %(last)s::int) AS number, fraud_keyprofile AS packed
    WHERE packed.key = %(kind)s
"""
FILL_OUTCOMES = """
    INSERT INTO fraud_outcome (id, payment_id, kind, keys, course, amount_minor, country, happened_at)
    SELECT gen_random_uuid(), md5('payment' || number)::uuid, kind,
        jsonb_build_object('email', md5('email' || number)), 'course-' || number %% 40, 9600, 'GB',
        %(now)s::timestamptz - number * interval '30 seconds'
    FROM generate_series(%(first)s::int, %(last)s::int) AS number, unnest(ARRAY['attempt', 'succeeded']) AS kind
"""
FILL_ASSESSMENTS = """
    INSERT INTO fraud_assessment (id, payment_id, stage, score, band, three_d_secure, readings,
        thresholds, rule_version, keys, amount_minor, currency, places, course, assessed_at)
    SELECT gen_random_uuid(), md5('payment' || number)::uuid, 'before', 5, 'low', false, '[]', '{}',
        'bench', '{}', 9600, 'GBP', 1, 'course', %(now)s::timestamptz
    FROM generate_series(%(first)s::int, %(last)s::int) AS number
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payments", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=SMALL, help="payments in the smaller history")
    parser.add_argument("--asked", type=int, default=ASKED, help="buyers judged in each")
    options = parser.parse_args()
    stop = _started()
    try:
        figures = measure(options.small, options.payments, asked=options.asked)
    finally:
        stop()
    print(json.dumps(figures, indent=1))
    small, large = figures["small"], figures["large"]
    print(
        f"p95 {small['p95']} ms with {options.small:,}, {large['p95']} ms with {options.payments:,}"
    )
    return 0 if large["p95"] < 15 and large["p95"] / small["p95"] < 1.3 else 1


def measure(small: int, payments: int, *, asked: int) -> dict[str, Any]:
    _fill(1, small)
    _rest()
    _assess(asked // 8, "warm")
    found = {"small": _assess(asked, "small")}
    _fill(small + 1, payments)
    _rest()
    _assess(asked // 8, "warm again")
    found["large"] = _assess(asked, "large")
    return found


def _started() -> Callable[[], None]:
    from tests import services

    stop = services.start()
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    return stop


def _fill(first: int, last: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for kind in KINDS:
            if first == 1:
                cursor.execute(FIRST_PROFILE, {"kind": kind, "state": _state(kind)})
            cursor.execute(FILL_PROFILES, {"kind": kind, "first": first, "last": last})
        for statement in (FILL_OUTCOMES, FILL_ASSESSMENTS):
            cursor.execute(statement, {"first": first, "last": last, "now": NOW})
        cursor.execute("VACUUM ANALYZE fraud_keyprofile")
        cursor.execute("VACUUM ANALYZE fraud_outcome")
        cursor.execute("VACUUM ANALYZE fraud_assessment")


def _rest() -> None:
    """Until what was made is written and nobody tidies it any more."""
    server = psycopg.connect(
        host=os.environ["DB_HOST"],
        user=postgres.SUPERUSER,
        password=os.environ["DB_SUPERUSER_PASSWORD"],
        dbname=os.environ["DB_NAME"],
        autocommit=True,
    )
    tidying = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'"
    with server:
        ended = time.monotonic() + REST_SECONDS_MAX
        while server.execute(tidying).fetchone() != (0,) and time.monotonic() < ended:
            time.sleep(1)  # the server tells nobody when it has tidied up
        server.execute("CHECKPOINT")
    os.sync()


def _state(kind: str) -> str:
    """A key with a year of payments behind it."""
    from fraud.history.profile import Profile

    profile = Profile(kind)
    for number in range(40):
        at = int(NOW.timestamp()) - (40 - number) * 86_400
        keys = dict.fromkeys(KINDS, f"{number % 3:064x}")
        profile.observe_try(now=at, amount_minor=9600, keys=keys, country="GB")
        profile.observe_outcome("succeeded", now=at, amount_minor=9600, keys=keys)
        profile.learn(fraud=False, now=at)
    return json.dumps(profile.to_json())


def _assess(count: int, name: str) -> dict[str, float]:
    """Half of them known by every key, half new; both stages; what they did is told as it is live."""
    from fraud.models import KeyProfile
    from fraud.services import assessments, outcomes, profiles
    from fraud.subject import keys
    from tests.fraud.builders import card, subject

    draw, taken = random.Random(3), []
    for number in range(count):
        who = {
            "email": f"{name}{number}@example.org", "device": f"{name}-{number}",
            "address": f"198.51.{number % 250}.{draw.randrange(250)}", "now": NOW + timedelta(seconds=number),
        }  # fmt: skip
        before = subject(card=card(fingerprint=f"{name}{number}"), **who)
        if number % 2:
            KeyProfile.objects.bulk_create(
                [
                    KeyProfile(key=key, key_kind=kind, state=json.loads(_state(kind)))
                    for kind, key in keys(before).items()
                    if kind in KINDS
                ],
                ignore_conflicts=True,
            )
        after = subject(
            payment_id=before.payment_id,
            stage="after",
            card=card(fingerprint=f"{name}{number}"),
            **who,
        )
        for asked in (before, after):
            began = time.perf_counter()
            assessments.assess(subject=asked, now=asked.now)
            taken.append((time.perf_counter() - began) * 1000)
        outcomes.record(
            payment_id=before.payment_id, kind="succeeded", subject=after, now=after.now
        )
        if number % 25 == 0:
            profiles.fold_all()
    quantiles = statistics.quantiles(taken, n=100)
    return {
        "p50": round(quantiles[49], 2),
        "p95": round(quantiles[94], 2),
        "p99": round(quantiles[98], 2),
    }


if __name__ == "__main__":
    raise SystemExit(main())
