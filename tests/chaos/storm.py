"""A storm: customers, staff and banks do what they do while the machines and the gateway fail. A seed draws it all.

The same seed gives the same deeds and faults in the same order; which of two processes is quicker, it can't say.
"""

import math
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.db import DatabaseError, connection

from core.errors import Refusal
from tests.chaos import deeds
from tests.chaos.customer import LOST
from tests.chaos.house import House

ROUNDS, DEEDS_IN_A_ROUND, FIRST_BUYERS = 9, 5, 5
AFTERWARDS = ("choose", "choose", "take offer")
PAST_A_LEASE_SECONDS = 45
GATEWAY_FAULTS = (
    "error_before", "error_after", "drop", "drop_after", "silence", "timeout_after", "429", "409", "html502",
)  # fmt: skip
# All that we ask; what the customer's browser asks is not ours to ask again.
ANYTHING = ("/v1/[!t]*",)
GATEWAY_PATHS = (
    "/v1/payment_intents",
    "/v1/payment_intents/*",
    "/v1/refunds",
    "/v1/disputes/*",
    *ANYTHING,
)
WEBHOOKS = ("hold", "duplicate", "twin", "reorder", "late", "never")
POINTS = {
    "web": ("CP01", "CP02", "CP03", "CP04", "CP05", "CP09", "CP11"),
    "worker": ("CP06", "CP07", "CP08", "CP10", "CP11", "CP13", "CP15", "CP16", "CP17", "CP19"),
}  # fmt: skip


@dataclass
class Storm:
    house: House
    seed: int
    happened: Counter[str] = field(default_factory=Counter)
    done: int = 0
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)
        self.town = deeds.Town(self.house)

    def blow(self, rounds: int = ROUNDS) -> None:
        """So many rounds, each under a fault of its own; then all is whole again and comes to rest."""
        self._deeds(["buy"] * FIRST_BUYERS)
        self.house.come_to_rest()
        self.house.stack.launch("beat", known_as="second beat")
        self.happened["two timetables"] += 1
        names = list(FAULTS)
        self.draw.shuffle(names)
        for number in range(rounds):
            name = names[number % len(names)]
            with FAULTS[name](self):
                self._deeds()
            self.happened[name] += 1
            self.wrong += [f"{each} is down after: {name}" for each in self.house.ended()]
            self.house.leap(self.draw.choice((5, 31, 120, 700)))
        self.house.stack.kill("second beat")
        self._mend()

    def _deeds(self, wanted: list[str] | None = None) -> None:
        """All at once, each in a thread of its own with luck of its own."""
        chosen = wanted or ["buy", *self._drawn(DEEDS_IN_A_ROUND - 1)]
        hands = [
            threading.Thread(target=self._do, args=(name, random.Random(self.draw.random())))
            for name in chosen
        ]
        self.done += len(hands)
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()

    def _drawn(self, count: int) -> list[str]:
        return self.draw.choices(list(deeds.ALL), weights=deeds.WEIGHTS, k=count)

    def _do(self, name: str, luck: random.Random) -> None:
        try:
            ending = deeds.ALL[name](self.town, luck)
            self.happened.update([ending] if ending else [])
        except Refusal as refusal:
            self.happened[f"{name}: refused"] += 1
            self.happened[f"refusal {type(refusal).__name__}"] += 1
        except (DatabaseError, *LOST):
            self.happened[f"{name}: broken off"] += 1
        except Exception as error:
            self.wrong.append(f"{name}: {type(error).__name__}: {error}")
        finally:
            connection.close()

    def _mend(self) -> None:
        connection.close()  # it may be one that a restart has cut
        stack = self.house.stack
        stack.sandbox.clear_faults()
        stack.sandbox.webhooks("deliver")
        self.house.come_to_rest()
        self._deeds(list(AFTERWARDS))
        self.house.come_to_rest()
        # What nobody told us is asked for, as every hour.
        self.house.leap(3600)
        self.town.reconcile()
        self.house.come_to_rest()


# --- Faults ----------------------------------------------------------------------------------------


@contextmanager
def gateway(storm: Storm) -> Iterator[None]:
    """Two kinds, by turn of the seed; only what struck has happened."""
    sandbox = storm.house.stack.sandbox
    for turn, paths in enumerate((ANYTHING, GATEWAY_PATHS)):
        kind = GATEWAY_FAULTS[(2 * storm.seed + turn) % len(GATEWAY_FAULTS)]
        path, times = storm.draw.choice(paths), storm.draw.randint(1, 3)
        sandbox.fault(kind, path, method="POST", times=times, seconds=20)
    yield
    storm.happened.update({f"gateway: {kind}": hits for kind, hits in sandbox.struck().items()})
    sandbox.clear_faults()


@contextmanager
def webhooks(storm: Storm) -> Iterator[None]:
    mode = WEBHOOKS[storm.seed % len(WEBHOOKS)]
    storm.house.stack.sandbox.webhooks(mode)
    storm.happened[f"webhooks: {mode}"] += 1
    yield
    storm.house.stack.sandbox.webhooks("deliver")


@contextmanager
def crash(storm: Storm) -> Iterator[None]:
    """Any crash point of the site, where the round happens to pass it."""
    part = storm.draw.choice(list(POINTS))
    point = storm.draw.choice(POINTS[part])
    storm.house.arm(part, point)
    yield
    storm.house.glance(lambda: storm.house.has_crashed(point), seconds=3)
    if storm.house.has_crashed(point):
        storm.happened["killed at a crash point"] += 1
    storm.house.bring_back(part)


@contextmanager
def worker_killed(storm: Storm) -> Iterator[None]:
    with during(storm.draw, lambda: storm.house.stack.kill("worker")):
        yield
    storm.house.stack.launch("worker")


@contextmanager
def worker_asleep(storm: Storm) -> Iterator[None]:
    """Stopped past its leases while another takes over; then it goes on where it was."""
    stack = storm.house.stack
    sleeper = stack.running["worker"].pid

    def doze() -> None:
        os.killpg(sleeper, signal.SIGSTOP)

    with during(storm.draw, doze):
        yield
    stack.launch("worker", known_as="second worker")
    storm.house.leap(PAST_A_LEASE_SECONDS)
    storm.house.glance(lambda: not storm.house.unrest(), seconds=8)
    asleep = _turns(sleeper)
    os.killpg(sleeper, signal.SIGCONT)
    storm.house.glance(lambda: _turns(sleeper) > asleep, seconds=5)
    stack.kill("second worker")


def _turns(process: int) -> float:
    """How often it has given its turn away; no more of one that is gone, as its watchdog may have it."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except FileNotFoundError:
        return math.inf
    return int(next(each for each in lines if each.startswith("voluntary_ctxt")).split()[1])


@contextmanager
def database_restarted(storm: Storm) -> Iterator[None]:
    """One of its processes dies, and PostgreSQL starts anew from its log: every connection is cut."""
    with during(storm.draw, storm.house.crash_database):
        yield
    storm.house.glance(storm.house.database_answers, seconds=30)


@contextmanager
def broker_flushed(storm: Storm) -> Iterator[None]:
    with during(storm.draw, storm.house.flush_valkey):
        yield


@contextmanager
def rolling_restart(storm: Storm) -> Iterator[None]:
    """The web process is told to end while it serves, as at a release; then the worker."""
    with during(storm.draw, lambda: storm.house.tell_to_end("web")):
        yield
    storm.house.roll("web")
    storm.house.roll("worker")


@contextmanager
def time_jumps(storm: Storm) -> Iterator[None]:
    with during(storm.draw, lambda: storm.house.leap(storm.draw.choice((60, 1000, 90_000)))):
        yield


FAULTS: dict[str, Callable] = {
    "gateway fails": gateway,
    "webhooks go astray": webhooks,
    "crash point": crash,
    "worker killed": worker_killed,
    "worker stopped past a lease": worker_asleep,
    "PostgreSQL restarted": database_restarted,
    "Valkey flushed": broker_flushed,
    "rolling restart": rolling_restart,
    "clock jumps": time_jumps,
}


@contextmanager
def during(draw: random.Random, act: Callable[[], object]) -> Iterator[None]:
    """The act comes a moment after the deeds have begun."""
    timer = threading.Timer(draw.uniform(0.05, 0.8), act)
    timer.start()
    try:
        yield
    finally:
        timer.join()
        connection.close()
