"""One function for each kind of advice: measurements in, findings out. Pure; `add` is for advice of other parts."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from core.performance.selectors import Line, Period

VISITS_MIN = 20
REPEATED_FROM = 10
SLOW_MS = 50.0
GC_SHARE = 0.05
GC_PAUSE_MS = 50.0
LAG_MS = 50.0
WAIT_MS = 1000.0
POOL_WAITS = 0.1
CPU_SHARE = 0.8
SMALL, MEDIUM, LARGE = "an hour or two", "a day", "several days"


@dataclass(frozen=True)
class Finding:
    """`about` and `detail` say of what; `measure` is the kind of measurement that later proves the gain."""

    advice: str
    about: str
    title: str
    finding: str
    gain: str
    effort: str
    measure: str
    value_ms: float
    detail: str = ""
    evidence: Sequence[tuple[str, str]] = field(default_factory=tuple)
    trace: str = ""


Advice = Callable[[Period, Mapping[str, str]], Iterable[Finding]]


def repeated_statements(period: Period, texts: Mapping[str, str]) -> Iterator[Finding]:
    """The same statement many times on one page: it asks row by row what it could ask at once."""
    pages = {line.name: line for line in (*period.pages(), *period.tasks())}
    for line in period.statements():
        page = pages.get(line.name)
        if line.runs_each < REPEATED_FROM or page is None:
            continue
        saved = line.mean_ms * (line.runs_each - 1)
        yield Finding(
            "repeated",
            line.name,
            f"{_called(page)}: one statement is run {line.peak:.0f} times on one page",
            "It asks row by row for what one statement could bring: fetch it together (select_related, prefetch_related).",
            f"{_ms(saved)} less on each visit, {line.runs_each - 1:.0f} statements fewer",
            SMALL,
            page.kind,
            page.p95,
            detail=line.detail,
            evidence=(
                ("Statement", texts.get(line.detail, "")[:500]),
                ("Times on one page", f"{line.runs_each:.0f}, at most {line.peak:.0f}"),
                ("Each takes", _ms(line.mean_ms)),
                ("Seen on visits", f"{line.looked_at:,}"),
            ),
            trace=page.trace,
        )


def slow_statements(period: Period, texts: Mapping[str, str]) -> Iterator[Finding]:
    pages = {line.name: line for line in (*period.pages(), *period.tasks())}
    for line in period.statements():
        page = pages.get(line.name)
        if line.p50 < SLOW_MS or line.runs_each >= REPEATED_FROM or page is None:
            continue
        yield Finding(
            "slow_statement",
            line.name,
            f"{_called(page)}: a statement takes {_ms(line.p50)}",
            "Look at its plan. An index on what it filters and sorts by usually cures it: manage.py advise_indexes.",
            f"Up to {_ms(line.p50)} less on each visit that runs it",
            SMALL,
            page.kind,
            page.p95,
            detail=line.detail,
            evidence=(
                ("Statement", texts.get(line.detail, "")[:500]),
                ("Half are slower than", _ms(line.p50)),
                ("One in twenty is slower than", _ms(line.p95)),
                ("Runs", f"{line.count:,}"),
            ),
            trace=page.trace,
        )


def over_budget(period: Period, _texts: Mapping[str, str]) -> Iterator[Finding]:
    for line in period.pages():
        if line.count < VISITS_MIN or line.over_budget <= 1:
            continue
        in_database = line.query_ms / max(1, line.looked_at)
        yield Finding(
            "over_budget",
            line.name,
            f"{_called(line)}: p95 {_ms(line.p95)}, budget {_ms(line.budget.server_ms)}",
            _where_the_time_goes(line, in_database),
            f"{_ms(line.p95 - line.budget.server_ms)} less for one visit in twenty",
            MEDIUM,
            line.kind,
            line.p95,
            evidence=(
                ("Visits", f"{line.count:,}"),
                ("p50, p95, p99", f"{_ms(line.p50)}, {_ms(line.p95)}, {_ms(line.p99)}"),
                ("Processor", _ms(line.cpu_each)),
                ("Database", f"{_ms(in_database)} in {line.queries_each:.0f} statements"),
            ),
            trace=line.trace,
        )


def collector_pauses(period: Period, _texts: Mapping[str, str]) -> Iterator[Finding]:
    for line in period.processes():
        if line.detail != "gc 2" or line.p95 < GC_PAUSE_MS:
            continue
        yield Finding(
            "gc_pauses",
            line.name,
            f"The {line.name} processes stand still {_ms(line.p95)} for the garbage collector",
            "Full collections look at everything in memory. Freeze what was imported (GC_FREEZE) and raise GC_THRESHOLDS.",
            f"{_ms(line.p95)} less on the requests that it hits",
            SMALL,
            line.kind,
            line.p95,
            detail=line.detail,
            evidence=(("Full collections", f"{line.count:,}"), ("Together", _ms(line.total_ms))),
        )


def scheduling_lag(period: Period, _texts: Mapping[str, str]) -> Iterator[Finding]:
    for line in period.processes():
        if line.detail not in ("scheduling lag", "event loop lag") or line.p95 < LAG_MS:
            continue
        yield Finding(
            "lag",
            line.name,
            f"Threads of the {line.name} processes wait {_ms(line.p95)} for their turn",
            "More work than processors, or one thread that keeps the interpreter. More processes and fewer threads each, or less work.",
            f"{_ms(line.p95)} less on every step of a request",
            MEDIUM,
            line.kind,
            line.p95,
            detail=line.detail,
            evidence=(("p50, p95, p99", f"{_ms(line.p50)}, {_ms(line.p95)}, {_ms(line.p99)}"),),
        )


def queue_waits(period: Period, _texts: Mapping[str, str]) -> Iterator[Finding]:
    for line in period.waits():
        if line.count < VISITS_MIN or line.p95 < WAIT_MS:
            continue
        yield Finding(
            "queue_wait",
            line.name,
            f"Tasks wait {_ms(line.p95)} for a worker",
            "Start more workers, or look below for the task that takes the most time.",
            f"{_ms(line.p95)} less until e-mails and confirmations go out",
            SMALL,
            line.kind,
            line.p95,
            evidence=(
                ("Tasks", f"{line.count:,}"),
                ("p50, p95, p99", f"{_ms(line.p50)}, {_ms(line.p95)}, {_ms(line.p99)}"),
            ),
        )


def pool_waits(period: Period, _texts: Mapping[str, str]) -> Iterator[Finding]:
    """Of a pool's line, `errors` are those that had to wait."""
    for line in period.processes():
        if line.detail != "pool" or line.count < VISITS_MIN:
            continue
        share = line.errors / line.count
        if share <= POOL_WAITS:
            continue
        each = line.total_ms / max(1, line.errors)
        yield Finding(
            "pool_waits",
            line.name,
            f"{share:.0%} of the {line.name} processes’ requests for a connection had to wait",
            "Raise DB_POOL_MAX as far as the server’s max_connections goes, or shorten what holds connections.",
            f"{_ms(each)} less for each of them",
            SMALL,
            line.kind,
            each,
            detail=line.detail,
            evidence=(("Asked", f"{line.count:,}"), ("Waited", f"{line.errors:,}")),
        )


ALL: list[Advice] = [
    repeated_statements, slow_statements, over_budget, collector_pauses, scheduling_lag,
    queue_waits, pool_waits,
]  # fmt: skip


def add(advice: Advice) -> None:
    """Called from an app's `ready()`: advice about what only that part measures."""
    ALL.append(advice)


def _where_the_time_goes(line: Line, in_database: float) -> str:
    if in_database > line.mean_ms / 2:
        return "More than half of it is the database: look at its statements below."
    if line.cpu_each > line.mean_ms * CPU_SHARE:
        return "Nearly all of it is our own computing: profile it, or keep its result."
    return (
        "Neither computing nor the database: it waits for something else. Its trace says for what."
    )


def _called(line: Line) -> str:
    return line.budget.page if line.kind == "page" else line.name


def _ms(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.1f} s" if milliseconds >= 10_000 else f"{milliseconds:.0f} ms"
