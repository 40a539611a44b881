"""Two relays at once, on the real database; and the same with the guard off, which must fail."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connection, transaction

from core.outbox import models, relay
from core.outbox.models import Delivery
from tests.core.outbox.facts import NOW, effects, ring

Result = TypeVar("Result")
pytestmark = pytest.mark.django_db(transaction=True)


def in_own_connection(work: Callable[[], Result]) -> Callable[[], Result]:
    def run() -> Result:
        try:
            return work()
        finally:
            connection.close()

    return run


def test_four_relays_share_the_work(bell):
    ring(*range(200))
    together = threading.Barrier(4)

    def relay_all() -> int:
        together.wait()
        return relay.relay_due()

    with ThreadPoolExecutor(4) as pool:
        counts = [pool.submit(in_own_connection(relay_all)) for _ in range(4)]

    assert sum(count.result() for count in counts) == 200
    assert [effects(number) for number in range(200)] == [1] * 200


def claim_twice_at_once(blocked_claims: Callable[[], None]) -> int:
    """Both claims meet the row while it is locked; how many got it, now or when it was free again."""
    ring(1)
    claim = in_own_connection(lambda: Delivery.objects.claim_fresh(now=NOW, limit=1))
    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            Delivery.objects.select_for_update().get()
            claims = [pool.submit(claim) for _ in range(2)]
            blocked_claims()
        at_once = sum(len(claim.result()) for claim in claims)
    return at_once + len(Delivery.objects.claim_fresh(now=NOW, limit=1))


def test_a_row_that_is_being_taken_is_passed_over(bell):
    assert claim_twice_at_once(lambda: None) == 1


def test_without_the_guard_a_row_is_taken_twice(bell, monkeypatch, wait_until):
    monkeypatch.setattr(models, "GUARD", "")

    assert claim_twice_at_once(lambda: wait_until(two_wait_for_a_lock)) == 2


def two_wait_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone() == (2,)
