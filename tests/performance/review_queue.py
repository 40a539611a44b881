"""How long the review queue's first page takes with many open cases and very many assessments.

`python -m tests.performance.review_queue [--open 10000] [--payments 1000000]`: a throw-away
PostgreSQL; the page as the office asks for it, through the whole site in one process.
"""

import argparse
import statistics
import time
from datetime import timedelta

from tests.performance.assessments import FILL_ASSESSMENTS, NOW, _started

ASKED = 40
PROMISED_MS = 300


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--open", type=int, default=10_000)
    parser.add_argument("--payments", type=int, default=1_000_000)
    options = parser.parse_args()
    stop = _started()
    try:
        _fill(options.open, options.payments)
        taken = _ask()
    finally:
        stop()
    p50, p95 = statistics.median(taken), statistics.quantiles(taken, n=20)[-1]
    print(f"first page, {options.open:,} open, {options.payments:,} assessments:")
    print(f"  p50 {p50:.1f} ms  p95 {p95:.1f} ms, promised under {PROMISED_MS} ms")
    return 0 if p95 < PROMISED_MS else 1


def _fill(count: int, payments: int) -> None:
    from django.db import connection

    from fraud.models import Assessment, ReviewCase

    with connection.cursor() as cursor:
        cursor.execute(FILL_ASSESSMENTS, {"first": 1, "last": payments, "now": NOW})
        judged = Assessment.objects.order_by("id").values_list("id", "payment_id")[:count]
        ReviewCase.objects.bulk_create(
            (
                ReviewCase(
                    payment_id=payment_id, assessment_id=assessment_id, score=50,
                    booking_reference="RFT-BENCH", amount_minor=9600, opened_at=NOW,
                    promise_at=NOW + timedelta(seconds=number),
                    hard_limit_at=NOW + timedelta(days=5),
                )
                for number, (assessment_id, payment_id) in enumerate(judged)
            ),
            batch_size=1000,
        )  # fmt: skip
        cursor.execute("VACUUM ANALYZE fraud_assessment")
        cursor.execute("VACUUM ANALYZE fraud_reviewcase")


def _ask() -> list[float]:
    from django.conf import settings
    from django.test import Client

    from tests.core.backoffice.staff import of_role

    settings.ALLOWED_HOSTS = ["testserver"]
    client, taken = Client(), []
    client.force_login(of_role("office"))
    for _ in range(ASKED):
        began = time.perf_counter()
        answer = client.get("/admin/fraud/reviewcase/")
        taken.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200 or b"RFT-BENCH" not in answer.content:
            raise RuntimeError(f"not the queue: {answer.status_code}")
    return taken[2:]


if __name__ == "__main__":
    raise SystemExit(main())
