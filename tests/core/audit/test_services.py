"""An entry for each act, chained by subject, kept or lost with the act itself."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from core.audit import chain, selectors, services
from core.audit.models import AuditEntry

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def record(subject: str = "courses.booking:1", **changes) -> AuditEntry:
    values = {"subject": subject, "action": "cancel", "actor": "staff:7", "now": NOW}
    return services.record(**values | changes)


@pytest.mark.django_db
class TestRecord:
    def test_chains_the_entries_of_one_subject(self):
        first, second = record(), record(action="refund")

        assert (first.sequence, first.previous_hash) == (1, chain.FIRST)
        assert (second.sequence, second.previous_hash) == (2, first.hash)

    def test_begins_a_chain_for_each_subject(self):
        record("a:1")

        assert record("b:1").sequence == 1

    def test_tells_who_what_when_and_why(self):
        record(
            reason="customer_request", before={"status": "confirmed"}, after={"status": "cancelled"}
        )

        (entry,) = selectors.history("courses.booking:1")
        assert (entry.action, entry.actor, entry.reason) == (
            "cancel",
            "staff:7",
            "customer_request",
        )
        assert (entry.before, entry.after, entry.at) == (
            {"status": "confirmed"},
            {"status": "cancelled"},
            NOW,
        )

    def test_keeps_no_personal_value(self):
        entry = record(
            before={"customer": {"email": "ann@example.org", "places": 2}, "name": "Ann"},
            after={"attendees": [{"name": "Ann"}], "phone": ""},
        )

        assert "ann" not in f"{entry.before}{entry.after}".lower().replace("name", "")
        assert entry.before["customer"]["places"] == 2
        assert entry.before["name"] == entry.after["attendees"][0]["name"]
        assert entry.after["phone"] == ""

    def test_hashes_what_the_database_gives_back(self):
        record(before={"b": 1, "a": [1, {"z": None, "y": "é"}], "at": NOW, "big": 2**60})

        assert not list(chain.breaks(selectors.in_chains()))

    def test_is_lost_with_the_transaction_it_is_part_of(self):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            record()
            raise ZeroDivisionError

        assert not AuditEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestConcurrentWriters:
    def test_keep_one_unbroken_chain(self):
        def write(number: int) -> None:
            try:
                record(action=f"act-{number}")
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(write, range(40)))

        assert [entry.sequence for entry in selectors.history("courses.booking:1")] == list(
            range(1, 41)
        )
        assert not list(chain.breaks(selectors.in_chains()))

    def test_break_it_without_the_queue(self, monkeypatch):
        """The twin of the test above: the guard is what holds."""
        meet = threading.Barrier(2, timeout=10)
        monkeypatch.setattr(services, "_queue_for", lambda subject: None)
        monkeypatch.setattr(services, "trace_id", lambda: (meet.wait() and "") or "")
        failures = []

        def write(number: int) -> None:
            try:
                record(action=f"act-{number}")
            except Exception as error:
                failures.append(type(error).__name__)
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as threads:
            list(threads.map(write, range(2)))

        assert failures == ["IntegrityError"]

    def test_do_not_wait_for_writers_of_other_subjects(self):
        written = threading.Event()

        def write_elsewhere() -> None:
            try:
                record("b:1")
                written.set()
            finally:
                connection.close()

        with transaction.atomic():
            record("a:1")
            other = threading.Thread(target=write_elsewhere)
            other.start()
            assert written.wait(10)
        other.join(10)
