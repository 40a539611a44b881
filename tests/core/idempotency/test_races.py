"""Twenty requests with one key, on the real database: one runs."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from core import clock
from core.idempotency import store
from core.idempotency.models import LEASE, IdempotencyKey

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 20


def claims_of(now, count: int = MANY) -> int:
    """How many of `count` simultaneous requests got the right to run."""
    meet = threading.Barrier(count, timeout=20)

    def claim(_number: int) -> bool:
        try:
            meet.wait()
            return store.begin(scopes=["s"], key="k", fingerprint="f", now=now).answer is None
        except store.RequestInFlight:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as threads:
        return sum(threads.map(claim, range(count)))


class TestBegin:
    def test_lets_one_of_many_run(self):
        assert claims_of(clock.now()) == 1
        assert IdempotencyKey.objects.count() == 1

    def test_lets_one_of_many_take_over(self):
        now = clock.now()
        store.begin(scopes=["s"], key="k", fingerprint="f", now=now)

        assert claims_of(now + LEASE) == 1
        assert IdempotencyKey.objects.get().attempt == 2

    def test_lets_many_take_over_without_the_condition(self, monkeypatch):
        """The twin: the conditional update is what lets only one win."""
        now = clock.now()
        store.begin(scopes=["s"], key="k", fingerprint="f", now=now)
        monkeypatch.setattr(store, "_mine", lambda row: IdempotencyKey.objects.filter(pk=row.pk))
        meet = threading.Barrier(2, timeout=20)
        existing = store._existing
        monkeypatch.setattr(store, "_existing", lambda *args: (existing(*args), meet.wait())[0])

        assert claims_of(now + LEASE, count=2) == 2
