"""The collector's pauses, a blocked event loop, and a sampler that notes how late it wakes."""

import asyncio
import gc
import threading
import time

from django.test import override_settings

from core.performance import collector, recorder, sampler
from core.performance.loop import LoopWatch
from core.performance.recorder import PROCESS


class TestCollector:
    def test_counts_its_pauses(self):
        collector.listen()
        collector.pauses.clear()
        before = collector.paused_seconds()

        gc.collect()

        assert collector.paused_seconds() > before
        assert (2, collector.pauses[-1][1]) == collector.pauses[-1]

    @override_settings(GC_FREEZE=True, GC_THRESHOLDS=[5000, 10, 10])
    def test_settles_a_process_that_has_started(self):
        thresholds = gc.get_threshold()
        try:
            collector.settle()

            assert gc.get_freeze_count() > 10_000
            assert gc.get_threshold() == (5000, 10, 10)
        finally:
            gc.unfreeze()
            gc.set_threshold(*thresholds)


class TestSampler:
    def test_notes_how_late_it_woke_and_what_the_process_weighs(self):
        watch = sampler.Sampler("web")

        watch._note_lag(40.0)
        watch._note_process()

        rows = recorder.take()
        assert rows[PROCESS, "web", "scheduling lag"].total_ms == 40
        assert rows[PROCESS, "web", "memory MB"].peak > 10

    @override_settings(PERFORMANCE_FLUSH_SECONDS=3600)
    def test_wakes_late_while_another_keeps_the_interpreter(self):
        watch = sampler.Sampler("web")
        watch.start()
        until = time.monotonic() + 1.5
        busy = [threading.Thread(target=spin, args=(until,)) for _ in range(3)]
        for thread in busy:
            thread.start()
        for thread in busy:
            thread.join()
        watch.stopping.set()
        watch.join()

        assert recorder.take()[PROCESS, "web", "scheduling lag"].total_ms > 0


class TestLoopWatch:
    def test_notes_what_blocks_the_loop(self):
        async def app(scope, receive, send):
            await asyncio.sleep(0.15)
            time.sleep(0.3)
            await asyncio.sleep(0.15)

        asyncio.run(LoopWatch(app)({}, None, None))

        row = recorder.take()[PROCESS, "web", "event loop lag"]
        assert row.total_ms > 150


def spin(until: float) -> None:
    while time.monotonic() < until:
        sum(range(1000))
