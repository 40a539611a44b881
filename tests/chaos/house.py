"""The whole site as processes, of which any part can be armed, killed and brought back; and the way to its rest.

Time is moved, not waited for: leases and retries of the shop and of the gateway run out together.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import redis
from django.conf import settings
from django.db import DatabaseError, connection

from core import clock
from core.crashpoints import fired
from core.mail.models import Message
from core.outbox.models import Delivery
from core.sagas.models import SagaRun
from core.sagas.states import State
from courses.models import Booking, Move
from payments.models import CalledOffBooking, WebhookEvent
from tests.payments.sandbox.process import CONTROL_TOKEN
from tests.stack import Stack

FIRE_SECONDS_MAX = 90
REST_SECONDS_MAX = 120
LEAP_SECONDS = 31
LEAPS_MAX = 20
GLANCE_SECONDS = 0.1
ROLL_SECONDS_MAX = 40
GLANCES_BETWEEN_LEAPS = 40
CALLED_OFF_OPEN = ("waiting", "choosing")


class Restless(AssertionError):
    """The site has not come to rest in time."""


@dataclass
class House:
    """A running stack, and a clock that all of its processes and this one share."""

    stack: Stack
    clock_file: Path
    offset_seconds: int = 0
    armed: Path | None = None

    def arm(self, part: str, point: str, action: str = "kill") -> None:
        """Start the part anew with that crash point in it."""
        self.armed = self.stack.folder / f"crash-{point}-{time.monotonic_ns()}"
        self.armed.mkdir()
        self._restart(part, CRASH_POINTS=f"{point}:{action}", CRASH_DIR=str(self.armed))

    def wait_for_crash(self, point: str) -> None:
        if self.armed is None:
            raise LookupError("nothing is armed")
        folder = self.armed
        self._wait(lambda: fired(point, folder), FIRE_SECONDS_MAX, f"{point} has not fired")

    def bring_back(self, part: str) -> None:
        """A power cut for what is left of the part, and a start without any crash point."""
        self._restart(part)

    def has_crashed(self, point: str) -> bool:
        return self.armed is not None and fired(point, self.armed)

    def crash_database(self) -> None:
        """Kills one of PostgreSQL's processes, at which it ends them all and starts anew from its log."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            [pid] = cursor.fetchone()
        os.kill(pid, signal.SIGKILL)
        connection.close()

    def database_answers(self) -> bool:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except DatabaseError:
            connection.close()
            return False
        return True

    def flush_valkey(self) -> None:
        redis.Redis.from_url(settings.CELERY_BROKER_URL).flushall()

    def tell_to_end(self, part: str) -> None:
        self.stack.running[part].terminate()

    def roll(self, part: str) -> None:
        """Told to end, waited for, and started again. Not from a thread that ends: what it starts ends with it."""
        self.tell_to_end(part)
        with suppress(subprocess.TimeoutExpired):
            self.stack.running[part].wait(ROLL_SECONDS_MAX)
        self._restart(part)

    def ended(self) -> list[str]:
        """The parts that do not run."""
        return [name for name, each in self.stack.running.items() if each.poll() is not None]

    def glance(self, reached: Callable[[], bool], *, seconds: float) -> bool:
        """Whether it comes to that within so many seconds: looked at again and again, since other processes tell nobody."""
        deadline = time.monotonic() + seconds
        while not reached():
            if time.monotonic() > deadline:
                return False
            time.sleep(GLANCE_SECONDS)
        return True

    def begin_afresh(self) -> None:
        """Empty books, and both clocks at the present."""
        self.offset_seconds = 0
        self.clock_file.write_text("0")
        self.stack.sandbox.reset()

    def leap(self, seconds: int = LEAP_SECONDS) -> None:
        """Move the clock of the shop and of the gateway."""
        self.offset_seconds += seconds
        self.clock_file.write_text(str(self.offset_seconds))
        self.stack.sandbox.advance(seconds)

    def come_to_rest(self) -> None:
        """Until nothing is due, under way or on its way. Leaps in time when what is left waits for a later moment."""
        deadline = time.monotonic() + REST_SECONDS_MAX
        leaps = 0
        while left := self.unrest():
            for _ in range(GLANCES_BETWEEN_LEAPS):
                time.sleep(GLANCE_SECONDS)
                if not self.unrest():
                    break
            else:
                leaps += 1
                if leaps > LEAPS_MAX or time.monotonic() > deadline:
                    raise Restless(f"{left}\n{self.stack.log('worker').read_text()[-3000:]}")
                self.leap()

    def unrest(self) -> dict[str, int]:
        """What keeps the site from being at rest."""
        try:
            return self._counted()
        except DatabaseError:
            connection.close()
            return {"the database does not answer": 1}

    def _counted(self) -> dict[str, int]:
        moving = [State.RUNNING, State.COMPENSATING]
        sagas, now = SagaRun.objects.open(), clock.now()
        called_off = CalledOffBooking.objects.filter(status__in=CALLED_OFF_OPEN, due_at__lte=now)
        left = {
            "webhooks on their way": 0 if self.stack.sandbox.drain_webhooks(2) else 1,
            "webhooks": WebhookEvent.objects.filter(state="received").count(),
            "deliveries": Delivery.objects.open().count(),
            "sagas": sagas.filter(state__in=moving).count()
            + sagas.filter(state=State.WAITING, due_at__lte=now).count(),
            "holds": Booking.objects.filter(status="held", hold_expires_at__lte=now).count(),
            "moves": Move.objects.filter(status="open", expires_at__lte=now).count(),
            "bookings of called-off dates": called_off.count(),
            "mail": Message.objects.filter(state__in=["queued", "sending", "failed"]).count(),
        }
        return {name: count for name, count in left.items() if count}

    def broken_invariants(self) -> list[dict]:
        """What `manage.py invariants` finds, as a process of its own against the gateway's books."""
        command = [sys.executable, "manage.py", "invariants", "--json", "--grace", "0"]
        environment = {**os.environ, **self.stack.environment()}
        environment |= {"SANDBOX_CONTROL_TOKEN": CONTROL_TOKEN}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        try:
            return list(json.loads(done.stdout)["violations"])
        except ValueError:
            raise RuntimeError(done.stdout + done.stderr) from None

    def _restart(self, part: str, **environment: str) -> None:
        self.stack.kill(part)
        self.stack.launch(part, **environment)
        if part == "web":
            self.stack.wait_until_ready()

    def _wait(self, reached: Callable[[], bool], seconds: float, otherwise: str) -> None:
        if not self.glance(reached, seconds=seconds):
            raise Restless(otherwise)
