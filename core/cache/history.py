"""The last 24 hours of each family, and what each process holds: in Valkey for the whole fleet, else of this process."""

import json
import os
import socket
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.cache.memory import Holding
from core.cache.shared import Away

if TYPE_CHECKING:
    from core.cache.layers import Layers

HOUR = 3600
HOURS = 24
SILENT_SECONDS = 30
PROCESS = socket.gethostname()
FOUND = ("local", "shared", "stale")
MADE = ("missed", "passed")


@dataclass
class Hour:
    """What was asked of one family in one hour."""

    number: int
    counts: Counter = field(default_factory=Counter)

    @property
    def asked(self) -> int:
        return sum(self.counts[name] for name in (*FOUND, *MADE))

    @property
    def rate(self) -> float | None:
        """Per cent that needed no making; None when nothing was asked."""
        found = sum(self.counts[name] for name in FOUND)
        return 100 * found / self.asked if self.asked else None


_here: deque[tuple[int, str, Counter]] = deque(maxlen=HOURS * 64)


def add(
    layers: "Layers", grown: Mapping[str, Mapping[str, int]], holdings: Mapping[str, Holding], *, at: float
) -> None:  # fmt: skip
    """What this process counted since the last time, and what it holds now."""
    hour = int(at // HOUR)
    some = {family: {name: n for name, n in each.items() if n} for family, each in grown.items()}
    _remember(hour, some)
    line = layers.line
    if line is None:
        return
    try:
        line.ask(lambda client: _write(client, layers.prefix, hour, some, holdings, at))
    except Away:
        return  # the hour lacks these; the page says what it knows


def hours(layers: "Layers", *, at: float) -> dict[str, list[Hour]]:
    """For each family the last 24 hours, the present one last."""
    last = int(at // HOUR)
    numbers = range(last - HOURS + 1, last + 1)
    found: dict[str, list[Hour]] = {}
    for number, counts in zip(numbers, _read(layers, numbers), strict=True):
        for name, amount in counts.items():
            family, _, what = name.rpartition(":")
            line = found.setdefault(family, [Hour(each) for each in numbers])
            line[number - numbers[0]].counts[what] += int(amount)
    return found


def held(layers: "Layers", *, at: float) -> tuple[int, dict[str, Holding]]:
    """How many processes were heard of lately, and what they hold together."""
    rows = [_packed(layers.memory.holdings())]
    line = layers.line
    if line is not None:
        try:
            known = line.ask(lambda client: client.hgetall(_processes(layers.prefix)))
            own = _own().encode()
            read = [json.loads(text) for name, text in known.items() if name != own]
            rows += [row["held"] for row in read if row["at"] > at - SILENT_SECONDS]
        except Away:
            pass  # this process alone
    return len(rows), _together(rows)


def _remember(hour: int, some: Mapping[str, Mapping[str, int]]) -> None:
    for family, amounts in some.items():
        if not amounts:
            continue
        same = next((each for n, name, each in _here if (n, name) == (hour, family)), None)
        if same is None:
            _here.append((hour, family, same := Counter()))
        same.update(amounts)


def _write(  # noqa: PLR0917
    client: Any, prefix: str, hour: int, some: Any, holdings: Any, at: float
) -> None:
    pipe = client.pipeline(transaction=False)
    for family, amounts in some.items():
        for name, amount in amounts.items():
            pipe.hincrby(_hour(prefix, hour), f"{family}:{name}", amount)
    pipe.expire(_hour(prefix, hour), (HOURS + 1) * HOUR)
    pipe.hset(_processes(prefix), _own(), json.dumps({"at": at, "held": _packed(holdings)}))
    pipe.expire(_processes(prefix), HOUR)
    pipe.execute()


def _read(layers: "Layers", numbers: range) -> list[dict[str, Any]]:
    line = layers.line
    if line is not None:
        try:
            rows = line.ask(lambda client: _rows(client, layers.prefix, numbers))
            return [{name.decode(): amount for name, amount in row.items()} for row in rows]
        except Away:
            pass  # this process alone
    found: dict[int, dict[str, Any]] = {number: {} for number in numbers}
    for number, family, counts in list(_here):
        if number in found:
            found[number] |= {f"{family}:{name}": amount for name, amount in counts.items()}
    return list(found.values())


def _rows(client: Any, prefix: str, numbers: range) -> Any:
    pipe = client.pipeline(transaction=False)
    for number in numbers:
        pipe.hgetall(_hour(prefix, number))
    return pipe.execute()


def _together(rows: list[dict[str, Any]]) -> dict[str, Holding]:
    found: dict[str, Holding] = {}
    for row in rows:
        for family, (entries, size, oldest) in row.items():
            known = found.get(family, Holding())
            found[family] = Holding(
                known.entries + entries, known.bytes + size, min(known.oldest_at, oldest)
            )
    return found


def _packed(holdings: Mapping[str, Holding]) -> dict[str, Any]:
    return {name: (each.entries, each.bytes, each.oldest_at) for name, each in holdings.items()}


def _own() -> str:
    return f"{PROCESS}:{os.getpid()}"


def _hour(prefix: str, number: int) -> str:
    return f"{prefix}:~h:{number}"


def _processes(prefix: str) -> str:
    return f"{prefix}:~p"


def forget() -> None:
    """What this process remembers by itself."""
    _here.clear()
