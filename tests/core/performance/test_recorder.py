"""What is kept in memory: summed, bounded, and not lost when it can't be written."""

from concurrent.futures import ThreadPoolExecutor

from core.performance import metrics, recorder
from core.performance.recorder import PAGE, PROCESS, STATEMENT, Look

LOOK = Look(cpu_ms=4, gc_ms=1, queries=30, query_ms=12, statements=(("SELECT 1", 25, 50.0),))


class TestAdd:
    def test_sums_and_keeps_the_worst(self):
        recorder.add(PAGE, "/", ms=10)
        recorder.add(PAGE, "/", ms=30, error=True, look=LOOK)

        row = recorder.take()[PAGE, "/", ""]
        assert (row.count, row.errors, row.looked_at, row.total_ms) == (2, 1, 1, 40)
        assert (row.cpu_ms, row.queries, row.peak) == (4, 30, 30)

    def test_notes_each_notable_statement(self):
        recorder.add(PAGE, "/", ms=30, look=LOOK)

        row = recorder.take()[STATEMENT, "/", "SELECT 1"]
        assert (row.count, row.looked_at, row.peak, row.total_ms) == (25, 1, 25, 50)

    def test_loses_nothing_between_threads(self):
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda _: recorder.add(PAGE, "/", ms=1), range(4000)))

        assert recorder.take()[PAGE, "/", ""].count == 4000

    def test_is_bounded_and_says_so(self, monkeypatch):
        monkeypatch.setattr(recorder, "ROWS_MAX", 2)
        before = metrics.dropped_total._value.get()

        for number in range(5):
            recorder.add(PAGE, f"/{number}", ms=1)

        assert len(recorder.take()) == 2
        assert metrics.dropped_total._value.get() == before + 3


class TestPeak:
    def test_keeps_the_largest(self):
        for value in (100, 300, 200):
            recorder.peak(PROCESS, "web", "memory MB", value)

        row = recorder.take()[PROCESS, "web", "memory MB"]
        assert (row.peak, row.count) == (300, 3)


class TestGiveBack:
    def test_adds_to_what_came_since(self):
        recorder.add(PAGE, "/", ms=10, look=LOOK)
        taken = recorder.take()
        recorder.add(PAGE, "/", ms=20)

        recorder.give_back(taken)

        row = recorder.take()[PAGE, "/", ""]
        assert (row.count, row.total_ms, sum(row.buckets.values())) == (2, 30, 2)
