"""`make bench`: how quick the main jobs are on this machine, beside the stored baseline.

A table for each scenario: operations a second, p50/p95/p99 in milliseconds, and where the CPU went (milliseconds for
one operation, by process). `--save` stores the result as the new baseline. Then the fraud benches, each in a process
and a database of its own: the measuring stick, one assessment, the review queue (`--only fraud` runs these alone).
The office's lists are measured with 100,000 bookings (`--only lists`), which take minutes to make.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from core.embedded.folders import REPOSITORY
from tests.performance import site
from tests.performance.load import Buyer, Client, Measured, run, timed
from tests.performance.webhooks import signed_event
from tests.stack import Stack

BASELINE = Path(__file__).with_name("baseline.json")
WORTH_A_WARNING = 1.25


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", action="store_true", help="store this run as the baseline")
    parser.add_argument("--operations", type=int, default=96, help="bookings in each scenario")
    parser.add_argument("--only", choices=["site", "cache", "fraud", "lists"], help="one part")
    parser.add_argument("--payments", type=int, default=1_000_000, help="in the fraud history")
    parser.add_argument("--open", type=int, default=10_000, help="cases in the review queue")
    parser.add_argument("--days", type=int, default=7, help="days judged by the measuring stick")
    options = parser.parse_args()
    print(site.facts())
    if options.only in (None, "site"):
        _site(options)
    broken = 0
    if options.only in (None, "cache"):
        broken |= _cache()
    if options.only in (None, "lists"):
        broken |= _lists()
    if options.only in (None, "fraud"):
        broken |= _fraud(options)
    return broken


def _cache() -> int:
    print("\ncache", flush=True)
    command = [sys.executable, "-m", "tests.performance.cache"]
    return subprocess.run(command, cwd=REPOSITORY, check=False).returncode


def _lists() -> int:
    print("\nlists", flush=True)
    command = [sys.executable, "-m", "tests.performance.lists"]
    return subprocess.run(command, cwd=REPOSITORY, check=False).returncode


def _fraud(options: argparse.Namespace) -> int:
    """0 when each of them kept its promise."""
    payments = ("--payments", str(options.payments))
    benches = {
        "stick": ("--days", str(options.days)),
        "assessments": payments,
        "review_queue": (*payments, "--open", str(options.open)),
    }
    broken = []
    for name, words in benches.items():
        print(f"\nfraud: {name}", flush=True)
        command = [sys.executable, "-m", f"tests.performance.{name}", *words]
        if subprocess.run(command, cwd=REPOSITORY, check=False).returncode:
            broken.append(name)
    if broken:
        print(f"\nBROKEN PROMISE: {', '.join(broken)}")
    return 1 if broken else 0


def _site(options: argparse.Namespace) -> None:
    results: dict[str, dict] = {}
    for delay_ms in (0, 150):
        with site.running_site(delay_ms=delay_ms) as stack:
            sessions = _open_sessions(stack)
            for clients in (1, 4, 16):
                name = f"book and pay, {clients} clients, gateway +{delay_ms} ms"
                work = _book_and_pay(stack, sessions)
                _measure(results, stack, name, work, clients, options.operations)
            if delay_ms == 0:
                for clients in (1, 4, 16):
                    name = f"hold, {clients} clients"
                    _measure(
                        results,
                        stack,
                        name,
                        _hold(stack, sessions),
                        clients,
                        options.operations * 2,
                    )
                _measure(
                    results,
                    stack,
                    "webhook intake, 4 clients",
                    _webhook(stack),
                    4,
                    options.operations * 5,
                )
                _measure(
                    results,
                    stack,
                    "catalogue page, 4 clients",
                    _catalogue(stack),
                    4,
                    options.operations * 5,
                )
    _compare(results)
    if options.save:
        BASELINE.write_text(json.dumps(results, indent=1) + "\n")


def _measure(
    results: dict,
    stack: Stack,
    name: str,
    work: Callable[[int, Measured], None],
    clients: int,
    operations: int,
) -> None:
    run(
        work, clients=clients, operations=min(clients * 2, operations)
    )  # warm: connections, prepared plans
    before = site.cpu_ms(stack)
    measured = run(work, clients=clients, operations=operations)
    spent = {part: ms - before.get(part, 0.0) for part, ms in site.cpu_ms(stack).items()}
    results[name] = {
        "per_second": round(measured.per_second, 1),
        "ms": {
            step: {
                f"p{share}": round(measured.percentile(step, share / 100), 1)
                for share in (50, 95, 99)
            }
            for step in measured.durations_ms
        },
        "cpu_ms": {
            part: round(ms / operations, 2) for part, ms in spent.items() if ms / operations >= 0.05
        },
    }
    _print(name, results[name])


def _open_sessions(stack: Stack) -> list[str]:
    client = Client(stack.url)
    path, found = "/api/v1/sessions/?available=true", []
    while path:
        _, answer, _ = client.call("GET", path)
        found += [each["id"] for each in answer["results"]]
        path = answer["next"] and answer["next"].removeprefix(stack.url)
    return found


def _book_and_pay(stack: Stack, sessions: list[str]) -> Callable[[int, Measured], None]:
    buyers = threading.local()

    def work(number: int, measured: Measured) -> None:
        buyer = _buyer(buyers, stack)
        with timed(measured, "hold"):
            token, cookie = buyer.hold(sessions[number % len(sessions)])
        with timed(measured, "details"):
            buyer.give_details(token, cookie)
        card = buyer.card()
        with timed(measured, "pay"):
            answer = buyer.pay(token, cookie, card)
        if answer["status"] != "succeeded":
            raise RuntimeError(f"not paid: {answer}")

    return work


def _hold(stack: Stack, sessions: list[str]) -> Callable[[int, Measured], None]:
    buyers = threading.local()

    def work(number: int, measured: Measured) -> None:
        with timed(measured, "hold"):
            _buyer(buyers, stack).hold(sessions[-1 - number % len(sessions)])

    return work


def _webhook(stack: Stack) -> Callable[[int, Measured], None]:
    clients = threading.local()
    secret = os.environ["STRIPE_WEBHOOK_SECRET"]

    def work(_number: int, measured: Measured) -> None:
        if not hasattr(clients, "site"):
            clients.site = Client(stack.url)
        body, signature = signed_event(secret)
        with timed(measured, "intake"):
            status, _, _ = clients.site.call(
                "POST", "/webhooks/stripe/", body, Stripe_Signature=signature
            )
        if status != 200:
            raise RuntimeError(f"webhook answered {status}")

    return work


def _catalogue(stack: Stack) -> Callable[[int, Measured], None]:
    clients = threading.local()

    def work(_number: int, measured: Measured) -> None:
        if not hasattr(clients, "site"):
            clients.site = Client(stack.url)
        with timed(measured, "page"):
            status, _, _ = clients.site.call("GET", "/")
        if status != 200:
            raise RuntimeError(f"catalogue answered {status}")

    return work


def _buyer(local: threading.local, stack: Stack) -> Buyer:
    if not hasattr(local, "buyer"):
        local.buyer = Buyer(stack.url, stack.sandbox.base_url, stack.sandbox.secret_key)
    return local.buyer


def _print(name: str, result: dict) -> None:
    print(f"\n{name}: {result['per_second']}/s")
    for step, values in result["ms"].items():
        print(f"  {step:10} " + "  ".join(f"{share} {ms:8.1f} ms" for share, ms in values.items()))
    print(
        "  CPU ms     "
        + "  ".join(
            f"{part} {ms}"
            for part, ms in sorted(result["cpu_ms"].items(), key=lambda each: -each[1])
        )
    )


def _compare(results: dict) -> None:
    if not BASELINE.exists():
        print("\nNo baseline is stored; --save stores this run.")
        return
    stored = json.loads(BASELINE.read_text())
    print("\nBeside the baseline (operations a second, now / then):")
    for name, result in results.items():
        if name in stored:
            ratio = stored[name]["per_second"] / result["per_second"]
            mark = "  slower" if ratio > WORTH_A_WARNING else ""
            print(
                f"  {name:45} {result['per_second']:8.1f} / {stored[name]['per_second']:8.1f}{mark}"
            )


if __name__ == "__main__":
    sys.exit(main())
