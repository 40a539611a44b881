"""`make load`: the shop with 100,000 bookings under mixed visits, then more and more of them until it bends.

15 visits a second for 5 minutes: 90 % look around, 8 % book and pay (each of these is four requests more, and one to
the gateway, which takes 300 ms), 2 % are staff. Then a ramp, step by step, to the knee: where an ordinary page takes more
than KNEE_MS at p95, or answers fail. Prints a table, and writes it to `--output`.

`--keep DIR` keeps the data there, and the next run needs not make it again. A short one, to try it:
`python -m tests.performance.scenario --minutes 0.5 --bookings 2000`.
"""

import argparse
import os
import random
import re
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from core.embedded.folders import REPOSITORY
from tests.performance import site
from tests.performance.load import Buyer, Client, UnexpectedAnswer
from tests.performance.open_model import Figures, Refused, run
from tests.stack import Stack

VISITS_A_SECOND = 15.0
GATEWAY_MS = 300
PAGE, API, PAY, STAFF = "pages", "API", "paying", "staff pages"
KINDS = (PAGE, API, PAY, STAFF)
BROWSING, BOOKING = 0.90, 0.98
PAGES = (
    ("/", 40, PAGE), ("course", 30, PAGE), ("/help/", 5, PAGE),
    ("/api/v1/sessions/?available=true", 15, API), ("/api/v1/courses/", 10, API),
)  # fmt: skip
STAFF_PAGES = (
    "/admin/", "/admin/courses/booking/", "/admin/payments/payment/", "/api/v1/staff/payments/",
)  # fmt: skip
TRY_SECONDS = 20.0
STEP_SECONDS = 15.0
STEPS = (20, 25, 30, 40, 50, 60, 80, 100)
KNEE_MS, KNEE_ERRORS = 1_000.0, 0.01
MEMORY_GROWTH_MAX = 1.10
SAMPLE_LINE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--bookings", type=int, default=100_000, help="stored before")
    parser.add_argument("--rate", type=float, default=VISITS_A_SECOND, help="visits a second")
    parser.add_argument("--no-ramp", action="store_true")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where the data stays")
    parser.add_argument("--output", type=Path, default=REPOSITORY / "var" / "load.md")
    options = parser.parse_args()
    began = time.monotonic()
    numbers = {"PROMETHEUS_MULTIPROC_DIR": str(_numbers_folder())}
    with site.running_site(
        delay_ms=GATEWAY_MS, bookings=options.bookings, environment_of_site=numbers,
        keep=options.keep,
    ) as stack:  # fmt: skip
        print(f"data and site ready after {time.monotonic() - began:.0f} s", flush=True)
        visit = visitor(stack)
        run(visit, per_second=options.rate, seconds=min(TRY_SECONDS, options.minutes * 30))
        before = _Standing.of(stack)
        figures = run(visit, per_second=options.rate, seconds=options.minutes * 60, seed=16)
        after = _Standing.of(stack)
        table, broken = told(figures, before, after, options)
        print(table, flush=True)
        if not options.no_ramp:
            table += ramp(visit)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(table)
    print(f"\nwritten to {options.output} after {(time.monotonic() - began) / 60:.1f} min")
    return int(broken)


# --- Who comes ------------------------------------------------------------------------------------


def visitor(stack: Stack) -> Callable[[Figures, float, random.Random], None]:
    """One visit: somebody who looks, somebody who buys, or a member of staff."""
    client = Client(stack.url)
    _, answer, _ = client.call("GET", "/api/v1/courses/")
    courses = [f"/courses/{each['slug']}/" for each in answer["results"]]
    dates = _open_dates(stack)
    cookie = _staff_cookie(stack)

    def visit(figures: Figures, due: float, dice: random.Random) -> None:
        who = dice.random()
        if who < BROWSING:
            _browse(stack, courses, figures, due, dice)
        elif who < BOOKING:
            _buy(stack, dice.choice(dates), figures, due)
        else:
            _work(stack, cookie, figures, due, dice)

    return visit


def _browse(
    stack: Stack, courses: list[str], figures: Figures, due: float, dice: random.Random
) -> None:
    (path, _, kind) = dice.choices(PAGES, weights=[weight for _, weight, _ in PAGES])[0]
    with figures.timed(kind, since=due):
        _get(Client(stack.url), dice.choice(courses) if path == "course" else path)


def _buy(stack: Stack, date: str, figures: Figures, due: float) -> None:
    buyer = Buyer(stack.url, stack.sandbox.base_url, stack.sandbox.secret_key)
    with figures.timed(API, since=due), _refusals():
        token, cookie = buyer.hold(date)
    with figures.timed(API), _refusals():
        buyer.give_details(token, cookie)
    with figures.timed(PAGE):
        _get(buyer.site, f"/bookings/{token}/pay/", Cookie=cookie)
    card = buyer.card()
    with figures.timed(PAY), _refusals():
        buyer.pay(token, cookie, card)
    with figures.timed(PAGE):
        _get(buyer.site, f"/bookings/{token}/", Cookie=cookie)


def _work(stack: Stack, cookie: str, figures: Figures, due: float, dice: random.Random) -> None:
    with figures.timed(STAFF, since=due):
        _get(Client(stack.url), dice.choice(STAFF_PAGES), Cookie=cookie)


def _get(client: Client, path: str, **headers: str) -> None:
    status, _, _ = client.call("GET", path, **headers)
    if status != 200:
        raise UnexpectedAnswer(f"{status} for {path}")


class _refusals:
    """409 and 429 are answers: the date sold out under this visitor."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: Any, error: BaseException | None, _trace: Any) -> None:
        if isinstance(error, UnexpectedAnswer) and str(error).startswith(("409", "429")):
            raise Refused(str(error)) from error


def _open_dates(stack: Stack) -> list[str]:
    client = Client(stack.url)
    path, found = "/api/v1/sessions/?available=true", []
    while path:
        _, answer, _ = client.call("GET", path)
        found += [each["id"] for each in answer["results"]]
        path = answer["next"] and answer["next"].removeprefix(stack.url)
    return found


def _staff_cookie(stack: Stack) -> str:
    session = requests.Session()
    address = f"{stack.url}/admin/login/"
    form = session.get(address, timeout=60).text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    assert token
    answer = session.post(
        address,
        {
            "csrfmiddlewaretoken": token[1],
            "username": "owner",
            "password": os.environ["DEMO_STAFF_PASSWORD"],
            "next": "/admin/",
        },
        headers={"Referer": address},
        timeout=60,
    )
    assert answer.ok and "sessionid" in session.cookies, answer.status_code
    return f"sessionid={session.cookies['sessionid']}"


# --- What it shows ----------------------------------------------------------------------------------


class _Standing:
    """Memory of the processes, and the site's own counters."""

    def __init__(self, memory_mb: dict[str, float], counters: dict[tuple[str, str], float]):
        self.memory_mb, self.counters = memory_mb, counters

    @classmethod
    def of(cls, stack: Stack) -> "_Standing":
        with urllib.request.urlopen(f"{stack.url}/metrics", timeout=60) as answer:
            text = answer.read().decode()
        counters = {
            (name, labels): float(value) for name, labels, value in SAMPLE_LINE.findall(text)
        }
        return cls(site.memory_mb(stack), counters)

    def share(
        self, before: "_Standing", name: str, good: tuple[str, ...], bad: tuple[str, ...]
    ) -> float:
        """Of what was counted since, the part whose labels hold one of `good`."""

        def since(words: tuple[str, ...]) -> float:
            return sum(
                value - before.counters.get((metric, labels), 0.0)
                for (metric, labels), value in self.counters.items()
                if metric == name and any(word in labels for word in words)
            )

        hits = since(good)
        return hits / max(1.0, hits + since(bad))


def told(figures: Figures, before: _Standing, after: _Standing, options: Any) -> tuple[str, bool]:
    """The table, and whether a promise is broken."""
    hits = after.share(
        before, "cache_requests_total", ('"local"', '"shared"', '"stale"'), ('"missed"',)
    )
    pool = after.share(before, "db_pool_acquisitions_total", ('"no"',), ('"yes"',))
    grown = sum(after.memory_mb.values()) / sum(before.memory_mb.values())
    promises = (
        ("API p99 < 500 ms", figures.percentile(API, 0.99), 500.0, "ms"),
        ("paying p95 < 2,000 ms", figures.percentile(PAY, 0.95), 2_000.0, "ms"),
        ("errors < 0.1 %", figures.error_share * 100, 0.1, "%"),
        ("cache misses < 20 %", (1 - hits) * 100, 20.0, "%"),
        ("waits for a connection < 10 %", (1 - pool) * 100, 10.0, "%"),
        ("memory grown by < 10 %", (grown - 1) * 100, (MEMORY_GROWTH_MAX - 1) * 100, "%"),
    )
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {site.facts()}, {options.bookings:,} bookings stored, "
        f"{options.rate:g} visits a second for {options.minutes:g} min, gateway {GATEWAY_MS} ms",
        "",
        "| kind | requests | p50 ms | p95 ms | p99 ms | errors |",
        "|---|---|---|---|---|---|",
        *(_row(figures, kind) for kind in KINDS),
        "",
        f"{figures.visits} visits, {figures.requests / figures.seconds:.1f} requests a second, "
        f"{figures.refused} refused (sold out); visits began {figures.late_p99_ms:.0f} ms late at p99 (this machine's fault).",
        "",
        "| promise | found | |",
        "|---|---|---|",
        *(
            f"| {name} | {found:.1f} {unit} | {'kept' if found < most else 'BROKEN'} |"
            for name, found, most, unit in promises
        ),
        "",
        "| memory, MB | before | after |",
        "|---|---|---|",
        *(
            f"| {part} | {megabytes:.0f} | {after.memory_mb[part]:.0f} |"
            for part, megabytes in before.memory_mb.items()
        ),
        "",
        *(
            f"{kind}: {error}"
            for kind, each in figures.errors.items()
            for error in sorted(set(each))[:5]
        ),
    ]
    return "\n".join(lines) + "\n", any(found >= most for _, found, most, _ in promises)


def _row(figures: Figures, kind: str) -> str:
    values = " | ".join(f"{figures.percentile(kind, share):.0f}" for share in (0.5, 0.95, 0.99))
    return f"| {kind} | {len(figures.ms[kind])} | {values} | {len(figures.errors[kind])} |"


def ramp(visit: Callable[[Figures, float, random.Random], None]) -> str:
    """Step by step to where it bends."""
    lines = [
        "",
        "| visits a second | requests a second | pages p95 ms | API p95 ms | paying p95 ms | errors |",
    ]
    lines.append("|---|---|---|---|---|---|")
    knee = "not reached"
    for per_second in STEPS:
        figures = run(visit, per_second=per_second, seconds=STEP_SECONDS, seed=per_second)
        values = " | ".join(f"{figures.percentile(kind, 0.95):.0f}" for kind in (PAGE, API, PAY))
        lines.append(
            f"| {per_second} | {figures.requests / figures.seconds:.1f} | {values} | {figures.error_share:.1%} |"
        )
        print(lines[-1], flush=True)
        if figures.percentile(PAGE, 0.95) > KNEE_MS or figures.error_share > KNEE_ERRORS:
            knee = (
                f"at {per_second} visits a second pages take over {KNEE_MS:.0f} ms, or answers fail"
            )
            break
    return "\n".join([*lines, "", f"The knee: {knee}.", ""])


def _numbers_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="rft-load-numbers-"))


if __name__ == "__main__":
    sys.exit(main())
