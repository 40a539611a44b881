"""Bulk actions: each item by itself, taken up again after a crash, with a page that says how each went."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.urls import reverse

from core import clock
from core.backoffice import bulk, tasks
from core.backoffice.models import LEASE, BulkRun
from core.errors import Conflict
from tests.core.backoffice.staff import of_role

pytestmark = pytest.mark.django_db
KEYS = [str(UUID(int=number)) for number in range(1, 25)]


class Locked(Conflict):
    detail = "Somebody else has it."


@pytest.fixture
def done(monkeypatch):
    """An act that notes what it did; number 3 is refused, number 4 breaks."""
    seen: list[int] = []

    def do(*, key, actor, reason, now):
        if key.int == 3:
            raise Locked
        if key.int == 4:
            raise RuntimeError("password=hunter2")
        seen.append(key.int)
        return "Polished."

    monkeypatch.setitem(bulk._acts, "tests.polish", bulk.Act("tests.polish", "Polish", do, page))
    return seen


def page(key: str) -> str:
    return f"/admin/?{key}"


def start(keys=KEYS) -> BulkRun:
    return bulk.start(
        act="tests.polish", keys=keys, reason="they are dull", actor="staff:1", now=clock.now()
    )


class TestStart:
    def test_does_nothing_yet(self, done):
        run = start()

        assert done == []
        assert run.finished_at is None

    def test_refuses_too_many(self, done):
        with pytest.raises(bulk.TooManyAtOnce):
            start([str(UUID(int=number)) for number in range(bulk.KEYS_MAX + 1)])

        assert not BulkRun.objects.exists()


class TestWalk:
    def test_does_each_by_itself(self, done):
        run = bulk.walk(run_id=start().pk)

        assert done == [number for number in range(1, 25) if number not in (3, 4)]
        assert run.results[2] == [KEYS[2], False, "Somebody else has it."]
        assert run.results[3] == [KEYS[3], False, "It failed: RuntimeError."]
        assert run.finished_at

    def test_goes_on_where_another_died(self, done):
        run = start()
        BulkRun.claim(run.pk, now=clock.now() - LEASE - timedelta(seconds=1))
        BulkRun.objects.update(results=[[key, True, "Polished."] for key in KEYS[:20]])

        assert bulk.sweep(now=clock.now()) == 1
        assert done == [21, 22, 23, 24]

    def test_is_left_to_who_has_it(self, done):
        run = start()
        BulkRun.claim(run.pk, now=clock.now())

        assert bulk.walk(run_id=run.pk) is None
        assert bulk.sweep(now=clock.now()) == 0
        assert done == []

    def test_once_is_all(self, done):
        run = start()
        tasks.run_bulk(run_id=str(run.pk))
        tasks.sweep_bulk()

        assert len(done) == 22


class TestResultPage:
    @pytest.fixture
    def ops(self, client):
        client.force_login(of_role("ops"))
        return client

    def address(self, run) -> str:
        return reverse("admin:backoffice_bulkrun_change", args=[run.pk])

    def test_refreshes_until_it_is_done(self, ops, done):
        run = start()
        assert "every 2s" in ops.get(self.address(run)).content.decode()

        bulk.walk(run_id=run.pk)
        shown = ops.get(self.address(run)).content.decode()

        assert "every 2s" not in shown
        assert "22 of 24 done, 2 could not be" in shown
        assert "they are dull" in shown
        assert shown.index("Somebody else has it.") < shown.index("Polished.")
        assert "hunter2" not in shown

    def test_is_listed(self, ops, done):
        bulk.walk(run_id=start().pk)

        shown = ops.get("/admin/backoffice/bulkrun/").content.decode()

        assert "Done, with some refused" in shown
        assert "24 of 24" in shown

    def test_is_not_for_the_office(self, client, done):
        client.force_login(of_role("office"))

        assert client.get(self.address(start())).status_code == 403

    @pytest.mark.parametrize("key", ["none", "00000000-0000-0000-0000-000000000009"])
    def test_of_nothing_is_not_found(self, ops, key):
        assert ops.get(f"/admin/backoffice/bulkrun/{key}/change/").status_code == 404
