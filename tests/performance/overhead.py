"""What watching costs: CPU time of requests with everything that measures, traces and logs, beside none of it.

`python -m tests.performance.overhead` keeps one process for each way of running (off, one in ten, every request). Each
asks for the same page in turn, a few times; what the asking thread spent is compared with what the unwatched process
spent a few milliseconds earlier, and the median over many such turns counts: so a busy machine disturbs all of them
alike. What threads in the background spent (encoding and sending spans, writing numbers down) is added as a mean, as
it comes in lumps, without what they spend each second in any case, which stands below. Beside each share stands how far it may be off (half of its quartiles' distance over the root of the
turns). Numbers are kept in files for all processes, as in production.

`--what parts` tells what each of the watchers costs alone; `--what gc` compares settings of the garbage collector in
the same way: pauses, CPU, memory.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from statistics import mean, median, quantiles
from typing import Any

from core.embedded import environment, postgres, valkey
from core.embedded.folders import REPOSITORY
from tests.performance import site
from tests.services import stripe_keys

METRICS, TRACING, RECORDER, STATEMENTS = (
    "django_prometheus. core.health.middleware.",
    "core.tracing.",
    "core.performance.",
    "core.database.",
)
NOTHING = {
    "OVERHEAD_WITHOUT": f"{METRICS} {TRACING} {RECORDER} {STATEMENTS}",
    "LOG_LEVEL": "WARNING",
}
WATCHING: dict[str, dict[str, str]] = {
    "off": {**NOTHING, "MONITORING_ENABLED": "false"},
    "one in ten": {
        "PERFORMANCE_SAMPLE": "0.1",
        "TRACE_SAMPLE": "0.1",
        "TRACE_SAMPLE_CHANGES": "0.1",
    },
    "every request": {"PERFORMANCE_SAMPLE": "1", "TRACE_SAMPLE": "1"},
}
PARTS: dict[str, dict[str, str]] = {
    "off": {**NOTHING, "MONITORING_ENABLED": "false"},
    "metrics": {"OVERHEAD_WITHOUT": f"{TRACING} {RECORDER} {STATEMENTS}", "LOG_LEVEL": "WARNING"},
    "statements": {"OVERHEAD_WITHOUT": f"{METRICS} {TRACING} {RECORDER}", "LOG_LEVEL": "WARNING"},
    "recorder, all": {
        "OVERHEAD_WITHOUT": f"{METRICS} {TRACING} {STATEMENTS}",
        "PERFORMANCE_SAMPLE": "1",
        "LOG_LEVEL": "WARNING",
    },
    "log line": {
        "OVERHEAD_WITHOUT": f"{METRICS} {RECORDER} {STATEMENTS}", "TRACE_SAMPLE": "0", "TRACE_SAMPLE_CHANGES": "0",
    },
    "log and spans": {"OVERHEAD_WITHOUT": f"{METRICS} {RECORDER}", "TRACE_SAMPLE": "1"},
}  # fmt: skip
COLLECTING: dict[str, dict[str, str]] = {
    "python's own": {"GC_FREEZE": "false"},
    "frozen": {"GC_FREEZE": "true", "GC_THRESHOLDS": "700,10,10"},
    "frozen, 5000": {"GC_FREEZE": "true", "GC_THRESHOLDS": "5000,10,10"},
    "frozen, 20000": {"GC_FREEZE": "true", "GC_THRESHOLDS": "20000,20,20"},
}
TRIES_MAX = 20
IDLE_SECONDS = 4
PROMISES = {"one in ten": 0.05, "every request": 0.10}
PAGES = {
    "catalogue": "/",
    "course": "/courses/emergency-first-aid-at-work/",
    "sessions (API)": "/api/v1/sessions/",
    "hold (API)": "/api/v1/bookings/",
}


class Unanswered(RuntimeError):
    """A request that did not go well measures nothing."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--what", choices=["watching", "parts", "gc"], default="watching")
    parser.add_argument("--rounds", type=int, default=150)
    parser.add_argument("--requests", type=int, default=3, help="in one turn")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        return _child()
    print(site.facts())
    modes = {"watching": WATCHING, "parts": PARTS, "gc": COLLECTING}[options.what]
    with _servers() as collector, ExitStack() as running:
        children = {
            name: running.enter_context(_started({"JAEGER_ENDPOINT": collector, **extra}))
            for name, extra in modes.items()
        }
        told = _turns(children, options.rounds, options.requests)
    return _compare_pauses(told) if options.what == "gc" else _compare(told)


def _turns(
    children: dict[str, subprocess.Popen], rounds: int, requests: int
) -> dict[str, list[dict]]:
    """The first round warms up. Who goes first changes with each turn."""
    told: dict[str, list[dict]] = {name: [] for name in children}
    names = list(children)
    for number in range(rounds + 1):
        for page in PAGES:
            names.append(names.pop(0))
            for name in names:
                answer = _ask(children[name], page, requests)
                if number:
                    told[name].append(answer)
    return told


def _compare(told: dict[str, list[dict]]) -> int:
    """CPU milliseconds of a request, and how much more than without; 1 when a promise is broken."""
    print(f"{'CPU ms of a request':20}" + "".join(f"{name:>28}" for name in told))
    behind = {name: _behind(turns) for name, turns in told.items()}
    total: dict[str, list[float]] = {name: [] for name in told}
    doubt: dict[str, list[float]] = {name: [] for name in told}
    for page in PAGES:
        without = [each["cpu_ms"] for each in told["off"] if each["page"] == page]
        base = median(without)
        line = f"{page:20}"
        for name, turns in told.items():
            spent = [each["cpu_ms"] for each in turns if each["page"] == page]
            more = [mine - its for mine, its in zip(spent, without, strict=True)]
            total[name].append(base + median(more))
            doubt[name].append(_doubt(more))
            line += _cell(base + median(more), median(more) / base, _doubt(more) / base)
        print(line)
    print(f"{'in the background':20}" + "".join(f"{ms:28.2f}" for ms in behind.values()))
    idle = "".join(f"{turns[-1]['idle_ms']:28.2f}" for turns in told.values())
    print(f"{'a second, idle':20}{idle}")
    base, broken = mean(total["off"]) + behind["off"], False
    line = f"{'all':20}"
    for name in told:
        spent_ms = mean(total[name]) + behind[name]
        share = spent_ms / base - 1
        line += _cell(spent_ms, share, mean(doubt[name]) / len(PAGES) ** 0.5 / base)
        broken |= share > PROMISES.get(name, 1)
    print(line)
    return int(broken)


def _cell(milliseconds: float, share: float, doubt: float) -> str:
    return f"{milliseconds:10.2f} ({share:+7.1%} ±{doubt:5.1%})"


def _behind(turns: list[dict]) -> float:
    """Milliseconds that threads in the background spent for each request; without what they spend in any case."""
    seconds = turns[-1]["at"] - turns[0]["at"]
    spent = turns[-1]["behind_ms"] - turns[0]["behind_ms"] - seconds * turns[-1]["idle_ms"]
    return float(spent / sum(each["requests"] for each in turns[1:]))


def _doubt(values: list[float]) -> float:
    lower, _, upper = quantiles(values, n=4)
    return (upper - lower) / 2 / len(values) ** 0.5


def _compare_pauses(told: dict[str, list[dict]]) -> int:
    for name, rounds in told.items():
        pauses = sorted(pause for each in rounds for pause in each["pauses_ms"])
        full = [pause for each in rounds for pause in each["full_ms"]]
        requests = sum(each["requests"] for each in rounds)
        print(
            f"{name:16} CPU {mean(each['cpu_ms'] for each in rounds):6.2f} ms a request, "
            f"pauses {len(pauses) / requests:5.2f} and {sum(pauses) / requests:6.3f} ms a request, "
            f"longest {max(pauses, default=0):6.1f} ms, full collections {len(full)} "
            f"(median {median(full) if full else 0:5.1f} ms), memory {rounds[-1]['memory_mb']:.0f} MB"
        )
    return 0


def _child() -> int:
    """One process of the site; takes a turn for each line that it is sent."""
    from django.conf import settings

    from config.wsgi import application
    from core.performance import collector, sampler

    collector.listen()
    if settings.MONITORING_ENABLED:
        sampler.start("bench")
    session = _open_session(application)
    for page in set(PAGES.values()) - {PAGES["hold (API)"]}:
        _answered(application, page)
    asking_ms, idle_ms = 0.0, _idle_ms()
    for line in sys.stdin:
        turn = json.loads(line)
        page, requests = turn["page"], turn["requests"]
        collector.pauses.clear()
        spent = _cpu_ms(application, page, session, requests)
        asking_ms += spent
        pauses = list(collector.pauses)
        answer = {
            "page": page,
            "cpu_ms": spent / requests,
            "behind_ms": time.process_time() * 1000 - asking_ms,
            "idle_ms": idle_ms,
            "at": time.monotonic(),
            "pauses_ms": [seconds * 1000 for _, seconds in pauses],
            "full_ms": [seconds * 1000 for generation, seconds in pauses if generation == 2],
            "memory_mb": sampler.resident_bytes() / 1e6,
            "requests": requests,
        }
        print(json.dumps(answer), flush=True)
    os._exit(0)


def _idle_ms() -> float:
    """What the process spends in a second in which nobody asks it."""
    began = time.process_time()
    time.sleep(IDLE_SECONDS)  # what is measured is this stretch itself
    return (time.process_time() - began) * 1000 / IDLE_SECONDS


def _cpu_ms(application: Any, page: str, session: str, requests: int) -> float:
    body = json.dumps({"session": session, "places": 1}).encode() if "hold" in page else b""
    began = time.thread_time()
    for _ in range(requests):
        _answered(application, PAGES[page], body)
    return (time.thread_time() - began) * 1000


def _request(application: Any, path: str, body: bytes = b"") -> bytes:
    said: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST" if body else "GET",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "HTTP_HOST": "127.0.0.1",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_IDEMPOTENCY_KEY": os.urandom(12).hex(),
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
    }
    answer = application(environ, lambda status, _headers, *_: said.append(status))
    content = b"".join(answer)
    getattr(answer, "close", lambda: None)()
    if not said[0].startswith(("200", "201", "409")):
        raise Unanswered(f"{path} answered {said[0]}: {content[:300]!r}")
    return content


def _answered(application: Any, path: str, body: bytes = b"") -> bytes:
    """On a busy machine the making of a kept page may take longer than a page may wait: 503, and then it is there."""
    for _ in range(TRIES_MAX):
        try:
            return _request(application, path, body)
        except Unanswered:
            continue
    return _request(application, path, body)


def _open_session(application: Any) -> str:
    answer = json.loads(_answered(application, "/api/v1/sessions/"))
    return str(answer["results"][-1]["id"])


@contextmanager
def _started(extra: dict[str, str]) -> Iterator[subprocess.Popen]:
    numbers = tempfile.mkdtemp(prefix="numbers-", dir=os.environ["VAR_DIR"])
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.performance.overhead", "--child"],
        cwd=REPOSITORY,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.performance.overhead_settings",
            "PROMETHEUS_MULTIPROC_DIR": numbers,
            **extra,
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def _ask(child: subprocess.Popen, page: str, requests: int) -> dict:
    assert child.stdin and child.stdout
    child.stdin.write(json.dumps({"page": page, "requests": requests}) + "\n")
    child.stdin.flush()
    line = child.stdout.readline()
    if not line:
        raise RuntimeError("a process of the site has died")
    return dict(json.loads(line))


@contextmanager
def _servers() -> Iterator[str]:
    """PostgreSQL, Valkey and a collector of spans; the sample catalogue."""
    from tests.core.tracing.collector import Collector

    state = Path(tempfile.mkdtemp(prefix="rft-overhead-"))
    secrets = environment.secrets_of(state)
    database = postgres.start(state, secrets=secrets)
    store = valkey.start(state, password=secrets["VALKEY_PASSWORD"])
    os.environ.update(secrets | stripe_keys(secrets) | database.environment() | store.environment())
    os.environ |= {"VAR_DIR": str(state), "ALLOWED_HOSTS": "127.0.0.1", **site.NO_LIMITS}
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.local"
    try:
        for command in ("migrate", "load_sample_catalogue"):
            subprocess.run(
                [sys.executable, "manage.py", command],
                cwd=REPOSITORY,
                check=True,
                stdout=subprocess.DEVNULL,
            )
        with Collector() as collector:
            yield collector.endpoint
    finally:
        store.stop()
        database.stop()


if __name__ == "__main__":
    sys.exit(main())
