"""What the machinery's consoles show: a slow page over three hours, field vitals, a task, a process."""

from datetime import timedelta

from core import clock
from core.performance import recorder, roll_up
from core.performance.recorder import PAGE, PROCESS, TASK, VITAL, Look

SLOW = Look(30, 1, 40, 380, statements=(("SELECT name FROM course WHERE id = %s", 34, 68),))


def measured() -> None:
    for hours in (2, 1, 0):
        for _ in range(25):
            recorder.add(PAGE, "/", ms=412, look=SLOW)
        recorder.add(VITAL, "/", "LCP phone", ms=3100)
        recorder.add(TASK, "core.outbox.tasks.sweep", ms=30)
        recorder.add(PROCESS, "web", "scheduling lag", ms=2)
        roll_up.write(recorder.take(), now=clock.now() - timedelta(hours=hours))
