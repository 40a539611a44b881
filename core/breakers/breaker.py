"""The state machine of one breaker: pure, without clock, lock or network. `now` is any clock's seconds.

    closed     -> open        a rate reached its limit, with enough calls in the window
    open       -> half open   its time has passed (at the next question)
    half open  -> closed      as many probes as are permitted came back, their rates under the limits
    half open  -> open        ... or at a limit; or nothing came of them in time. Each time for longer
    any        -> forced_open, disabled, metrics_only, for as long as an order says; below it goes on as it was
    any        -> closed      reset

An `epoch` counts the openings and resets. What began in an earlier epoch says nothing about this one. Between
processes the greater (epoch, closed) is the truth, so that telling it twice or out of order changes nothing.
"""

from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import count

from core.breakers.policy import Policy, State
from core.breakers.window import Tally, window_of


class Kind(Enum):
    CALL = auto()
    PROBE = auto()
    WATCHED = auto()
    UNRECORDED = auto()


@dataclass(frozen=True, slots=True)
class Permit:
    kind: Kind
    epoch: int
    token: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """What a person decided. `until` is in the machine's seconds."""

    state: State
    until: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    before: State
    after: State
    cause: str
    epoch: int
    heard: bool = False  # another process's doing


class Breaker:
    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.epoch = 0
        self.until = 0.0
        self.openings = 0
        self.cause = ""
        self.changes: list[Change] = []
        self._state = State.CLOSED
        self._order: Order | None = None
        self._window = window_of(policy)
        self._tokens = count(1)
        self._half_open_at = 0.0
        self._probes: dict[int, float] = {}
        self._probed = Tally()

    # --- Questions ---------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """As last known: an open time that has passed shows with the next question."""
        return self._order.state if self._order else self._state

    @property
    def underlying(self) -> State:
        return self._state

    @property
    def order(self) -> Order | None:
        return self._order

    @property
    def is_closed_below(self) -> bool:
        return self._state is State.CLOSED

    def tally(self, now: float) -> Tally:
        return self._probed if self._state is State.HALF_OPEN else self._window.tally(now)

    def seconds_left(self, now: float) -> float:
        """Until the next test; 0 when nothing keeps it from being tried now."""
        if self._order and self._order.state is State.FORCED_OPEN:
            return max(0.0, self._order.until - now)
        return max(0.0, self.until - now) if self._state is State.OPEN else 0.0

    # --- Calls -------------------------------------------------------------------------------

    def ask(self, now: float) -> Permit | None:
        """A permit, or None: leave it alone."""
        self.tick(now)
        if self._order is not None:
            return self._by_order(self._order)
        if self._state is State.CLOSED:
            return Permit(Kind.CALL, self.epoch)
        if self._state is State.HALF_OPEN:
            return self._probe(now)
        return None

    def record(
        self, permit: Permit, *, failed: bool, slow: bool, now: float, alone: bool = True
    ) -> None:
        """How a permitted call ended. Of probes that the fleet counts (`alone` False) `settle` decides."""
        if permit.kind is Kind.UNRECORDED:
            return
        if permit.kind is Kind.WATCHED:
            self._window.add(failed=failed, slow=slow, now=now)
        elif permit.epoch != self.epoch:
            self._probes.pop(permit.token, None)
        elif permit.kind is Kind.PROBE:
            self._probes.pop(permit.token, None)
            if self._state is State.HALF_OPEN:
                self._probed = self._probed.plus(failed=failed, slow=slow)
                if alone:
                    self.settle(self._probed, now)
        elif self._state is State.CLOSED:
            self._window.add(failed=failed, slow=slow, now=now)
            self._judge(now)

    def give_back(self, permit: Permit) -> None:
        """Nothing came of it, or nothing that counts."""
        self._probes.pop(permit.token, None)

    def settle(self, probed: Tally, now: float) -> None:
        """Close or open again, once all probes that are permitted have come back."""
        if self._state is not State.HALF_OPEN or probed.calls < self.policy.probes:
            return
        cause = self._over(probed)
        if cause:
            self._open(cause, now)
        else:
            self._close("the probes came back well", now)

    def tick(self, now: float) -> None:
        """What happens by time alone."""
        if self._order is not None and now >= self._order.until:
            self.obey(None, now)
        if self._state is State.OPEN and now >= self.until:
            self._half_open(now)
        elif (
            self._state is State.HALF_OPEN
            and self.policy.half_open_seconds
            and now >= self._half_open_at + self.policy.half_open_seconds
        ):
            self._open("the probes took too long", now)

    # --- People and other processes -------------------------------------------------------------

    def obey(self, order: Order | None, now: float) -> None:
        """From now on this order, or none, which leaves the machine as it is below."""
        before, known = self.state, self._order
        self._order = order if order is None or order.until > now else None
        if before is not self.state:
            ended = known is not None and now >= known.until
            cause = self._order.reason if self._order else "its time is over" if ended else "lifted"
            self._note(before, cause)

    def reset(self, cause: str, now: float) -> None:
        self.epoch += 1
        self._close(cause, now)

    def test_now(self, cause: str, now: float) -> None:
        """Half open at once, whatever time was left."""
        self.epoch += 1
        self._enter(State.OPEN, cause)
        self.until = now
        self._half_open(now)

    def adopt(
        self, *, epoch: int, closed: bool, seconds_left: float, cause: str, now: float
    ) -> bool:
        """What another process knows, if that is newer."""
        if (epoch, closed) <= (self.epoch, self.is_closed_below):
            return False
        self.epoch = epoch
        known = len(self.changes)
        if closed:
            self._close(cause, now)
        else:
            self.openings += 1
            self._begin_open(cause, now + seconds_left)
        self.changes[known:] = [replace(each, heard=True) for each in self.changes[known:]]
        return True

    # --- Inside --------------------------------------------------------------------------------

    def _by_order(self, order: Order) -> Permit | None:
        match order.state:
            case State.DISABLED:
                return Permit(Kind.UNRECORDED, self.epoch)
            case State.METRICS_ONLY:
                return Permit(Kind.WATCHED, self.epoch)
        return None

    def _probe(self, now: float) -> Permit | None:
        for token in [token for token, ends in self._probes.items() if ends <= now]:
            del self._probes[token]
        if len(self._probes) + self._probed.calls >= self.policy.probes:
            return None
        permit = Permit(Kind.PROBE, self.epoch, next(self._tokens))
        self._probes[permit.token] = now + self.policy.probe_seconds
        return permit

    def _judge(self, now: float) -> None:
        tally = self._window.tally(now)
        if self._order is None and tally.calls >= self.policy.minimum_calls:
            cause = self._over(tally)
            if cause:
                self._open(cause, now)

    def _over(self, tally: Tally) -> str:
        if tally.failure_rate >= self.policy.failure_rate:
            return f"{tally.failed} of {tally.calls} calls failed"
        if tally.slow_rate >= self.policy.slow_rate:
            return f"{tally.slow} of {tally.calls} calls took over {self.policy.slow_seconds:g} s"
        return ""

    def _open(self, cause: str, now: float) -> None:
        self.epoch += 1
        self.openings += 1
        self._begin_open(cause, now + self.policy.open_seconds_after(self.openings))

    def _begin_open(self, cause: str, until: float) -> None:
        self.until = until
        self._enter(State.OPEN, cause)

    def _half_open(self, now: float) -> None:
        self._half_open_at = now
        self._probes, self._probed = {}, Tally()
        self._enter(State.HALF_OPEN, "time to test")

    def _close(self, cause: str, now: float) -> None:
        self.openings = 0
        self._window = window_of(self.policy)
        self._probes, self._probed = {}, Tally()
        self._enter(State.CLOSED, cause)

    def _enter(self, state: State, cause: str) -> None:
        before = self.state
        changed = self._state is not state
        self._state, self.cause = state, cause
        if changed and self._order is None:
            self._note(before, cause)

    def _note(self, before: State, cause: str) -> None:
        self.changes.append(Change(before, self.state, cause, self.epoch))
