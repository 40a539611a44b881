"""A breaker at work: the machine under a lock that is never held during a call, with clock, bulkhead and store."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import ParamSpec, Protocol, TypeVar
from uuid import uuid4

from core.breakers import events, metrics
from core.breakers.breaker import Breaker, Change, Kind, Order, Permit
from core.breakers.bulkhead import Bulkhead
from core.breakers.events import Event
from core.breakers.policy import Policy, State
from core.breakers.storage import Known, StoreAway
from core.breakers.window import Tally
from core.errors import Unavailable

Answer = TypeVar("Answer")
Given = ParamSpec("Given")
FULL_RETRY_SECONDS = 5


class NotPermitted(Unavailable):
    """Left alone for now: nothing was called. `retry_after` says when asking again makes sense."""

    def __init__(self, breaker: str, seconds: float) -> None:
        self.breaker = breaker
        super().__init__(retry_after=max(1, round(seconds)))


class Full(NotPermitted):
    """As many calls as may be are under way in this process."""


class ProbeStore(Protocol):
    def lease(
        self, name: str, *, epoch: int, permitted: int, seconds: float, token: str
    ) -> int: ...

    def report(self, name: str, *, epoch: int, token: str, failed: bool, slow: bool) -> Tally: ...

    def give_back(self, name: str, *, epoch: int, token: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How a breaker stands in this process. `since` is seconds ago."""

    state: State
    underlying: State
    since_seconds: float
    cause: str
    seconds_left: float
    tally: Tally
    order: Order | None
    order_seconds: float
    epoch: int


class Guard:
    """Made once for each dependency and class of operation, by `registry.register`."""

    def __init__(
        self,
        policy: Policy,
        *,
        bulkhead: Bulkhead | None = None,
        probe: Callable[[], object] | None = None,
        store: Callable[[], ProbeStore | None] = lambda: None,
        changed: Callable[["Guard", Change], None] = lambda _guard, _change: None,
        awaken: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.policy, self.bulkhead, self.probe = policy, bulkhead, probe
        self._store, self._changed, self._awaken, self._clock = store, changed, awaken, clock
        self._breaker = Breaker(policy)
        self._lock = threading.Lock()
        self._since = clock()
        self._meters = metrics.Meters(policy.name)

    @property
    def name(self) -> str:
        return self.policy.name

    # --- Calls -----------------------------------------------------------------------------------

    def admit(self) -> "Admission":
        """Use it in a `with`; entering raises NotPermitted or Full."""
        return Admission(self)

    def call(
        self, work: Callable[Given, Answer], *args: Given.args, **kwargs: Given.kwargs
    ) -> Answer:
        with Admission(self) as admitted:
            return admitted.call(work, *args, **kwargs)

    # --- People and the fleet --------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        now = self._clock()
        with self._change():
            self._breaker.tick(now)
            order = self._breaker.order
            return Snapshot(
                state=self._breaker.state,
                underlying=self._breaker.underlying,
                since_seconds=now - self._since,
                cause=self._breaker.cause,
                seconds_left=self._breaker.seconds_left(now),
                tally=self._breaker.tally(now),
                order=order,
                order_seconds=order.until - now if order else 0.0,
                epoch=self._breaker.epoch,
            )

    def standing(self) -> Known:
        """What the fleet is to know. The time that is left is worth telling only while it is open."""
        now = self._clock()
        with self._lock:
            machine = self._breaker
            left = machine.until - now if machine.underlying is State.OPEN else 0.0
            return Known(machine.epoch, machine.is_closed_below, max(0.0, left), machine.cause)

    def adopt(self, known: Known) -> bool:
        with self._change():
            return self._breaker.adopt(
                epoch=known.epoch,
                closed=known.closed,
                seconds_left=known.seconds_left,
                cause=known.cause,
                now=self._clock(),
            )

    def obey(self, state: State | None, *, seconds: float = 0.0, reason: str = "") -> None:
        now = self._clock()
        order = None if state is None else Order(state, now + seconds, reason)
        with self._change():
            self._breaker.obey(order, now)

    def reset(self, cause: str = "reset") -> None:
        with self._change():
            self._breaker.reset(cause, self._clock())
        events.tell(Event(events.Kind.RESET, self.name, cause=cause))

    def forget(self) -> None:
        """As if the process had just begun."""
        with self._lock:
            self._breaker = Breaker(self.policy)
            self._since = self._clock()

    def test_now(self, cause: str = "to be tested now") -> None:
        with self._change():
            self._breaker.test_now(cause, self._clock())

    # --- For Admission ---------------------------------------------------------------------------

    def _enter(self) -> tuple[Permit, int, str]:
        """The permit, the place in the bulkhead (0: none), and the token of a fleet's lease ("": none)."""
        self._awaken()
        now = self._clock()
        with self._lock:
            permit = self._breaker.ask(now)
            left = self._breaker.seconds_left(now)
            quiet = not self._breaker.changes
        if not quiet:
            self._tell_changes()
        if permit is None:
            raise self._refused(events.Kind.NOT_PERMITTED, NotPermitted(self.name, left))
        place = 0
        if self.bulkhead is not None:
            found = self.bulkhead.enter()
            if found is None:
                self._drop(permit)
                raise self._refused(events.Kind.BULKHEAD_FULL, Full(self.name, FULL_RETRY_SECONDS))
            place = found
            if permit.epoch != self._breaker.epoch:  # it opened while we stood in line
                self._drop(permit)
                self._leave(place)
                raise self._refused(events.Kind.NOT_PERMITTED, NotPermitted(self.name, 1))
        if permit.kind is not Kind.PROBE:
            return permit, place, ""
        return self._leased(permit, place)

    def _leased(self, permit: Permit, place: int) -> tuple[Permit, int, str]:
        """A probe also needs the fleet's word; without a store this process's own limit stands."""
        store = self._store() if self.policy.shared else None
        if store is None:
            return permit, place, ""
        token = uuid4().hex
        try:
            granted = store.lease(
                self.name,
                epoch=permit.epoch,
                permitted=self.policy.probes,
                seconds=self.policy.probe_seconds,
                token=token,
            )
        except StoreAway:
            return permit, place, ""
        if granted == 1:
            return permit, place, token
        self._drop(permit)
        self._leave(place)
        raise self._refused(events.Kind.NOT_PERMITTED, NotPermitted(self.name, 1))

    def _ended(self, permit: Permit, token: str, seconds: float, *, failed: bool) -> None:
        slow = seconds > self.policy.slow_seconds
        total = self._report(permit, token, failed, slow) if token else None
        now = self._clock()
        with self._lock:
            self._breaker.record(permit, failed=failed, slow=slow, now=now, alone=total is None)
            if total is not None and permit.epoch == self._breaker.epoch:
                self._breaker.settle(total, now)
            quiet = not self._breaker.changes
        if not quiet:
            self._tell_changes()
        self._meters.call("failed" if failed else "ok", slow=slow)
        kind = events.Kind.ERROR if failed else events.Kind.SUCCESS
        if events.heard(kind):
            events.tell(Event(kind, self.name, seconds=seconds))

    def _ignored(self, permit: Permit, token: str, seconds: float) -> None:
        self._back(permit, token)
        self._meters.call("ignored", slow=seconds > self.policy.slow_seconds)
        events.tell(Event(events.Kind.IGNORED_ERROR, self.name, seconds=seconds))

    def _back(self, permit: Permit, token: str) -> None:
        self._drop(permit)
        store = self._store() if token else None
        if store is not None:
            try:
                store.give_back(self.name, epoch=permit.epoch, token=token)
            except StoreAway:
                return  # the lease ends by itself

    def _leave(self, place: int) -> None:
        if self.bulkhead is not None and place:
            self.bulkhead.leave(place)

    # --- Inside ----------------------------------------------------------------------------------

    def _report(self, permit: Permit, token: str, failed: bool, slow: bool) -> Tally | None:
        store = self._store()
        if store is None:
            return None
        try:
            return store.report(
                self.name, epoch=permit.epoch, token=token, failed=failed, slow=slow
            )
        except StoreAway:
            return None

    def _drop(self, permit: Permit) -> None:
        with self._lock:
            self._breaker.give_back(permit)

    def _refused(self, kind: events.Kind, refusal: NotPermitted) -> NotPermitted:
        self._meters.refused("full" if isinstance(refusal, Full) else "paused")
        events.tell(Event(kind, self.name))
        return refusal

    def _change(self) -> "_Changing":
        return _Changing(self)

    def _tell_changes(self) -> None:
        with self._lock:
            changes, self._breaker.changes = self._breaker.changes, []
            if changes:
                self._since = self._clock()
        for change in changes:
            self._meters.changed(change.after)
            self._changed(self, change)


class _Changing:
    """The lock, and what changed under it told after it."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def __enter__(self) -> None:
        self._guard._lock.acquire()

    def __exit__(self, *_ending: object) -> None:
        self._guard._lock.release()
        self._guard._tell_changes()


class Admission:
    """One permit. Leaving without a call gives it back; the place in the bulkhead is left in any case."""

    __slots__ = ("_guard", "_permit", "_place", "_token", "_used")

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._used = False

    def __enter__(self) -> "Admission":
        self._permit, self._place, self._token = self._guard._enter()
        return self

    def call(
        self, work: Callable[Given, Answer], *args: Given.args, **kwargs: Given.kwargs
    ) -> Answer:
        """Do it, once, and take down how it went. Raises what `work` raises."""
        assert not self._used, "one permit is for one call"
        guard, self._used = self._guard, True
        began = guard._clock()
        try:
            answer = work(*args, **kwargs)
        except Exception as error:
            seconds = guard._clock() - began
            if guard.policy.counts(error):
                guard._ended(self._permit, self._token, seconds, failed=True)
            else:
                guard._ignored(self._permit, self._token, seconds)
            raise
        except BaseException:
            guard._back(self._permit, self._token)
            raise
        failed = guard.policy.is_failure(answer)
        guard._ended(self._permit, self._token, guard._clock() - began, failed=failed)
        return answer

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if not self._used:
            self._guard._back(self._permit, self._token)
        self._guard._leave(self._place)
