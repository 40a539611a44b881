"""`make mutants`: plants one fault after the other in a copy of the code and runs the tests that must notice it.

    python -m tests.mutants [WORD ...] [--list]      only those whose name has one of the words

A fault is killed when a test fails, and survives when all pass; anything else (nothing could be collected) is an error of the
catalogue. Before that the same tests must pass without a fault. Ends non-zero unless all were killed.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from core.embedded.folders import REPOSITORY
from tests import services
from tests.mutants.catalogue import MUTANTS, Mutant

AT_ONCE = 2
PASSED, FAILED = 0, 1
SECONDS_MAX = 600


@dataclass(frozen=True)
class Verdict:
    mutant: Mutant
    word: str
    noticed_by: str
    seconds: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", help="only faults whose name has one of these")
    parser.add_argument("--list", action="store_true", help="print their names and end")
    parser.add_argument(
        "--trust-tests", action="store_true", help="the tests are known to pass without a fault"
    )
    options = parser.parse_args()
    chosen = [each for each in MUTANTS if not options.words or _named(each, options.words)]
    if options.list:
        print(*(f"{each.name}  ({each.file})" for each in chosen), sep="\n")
        return 0
    if wrong := [each.name for each in chosen if _occurrences(each) != 1]:
        print(f"These no longer fit the code: {', '.join(wrong)}.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="rft-mutants-") as folder, _servers():
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(AT_ONCE):
            copies.put(_copy(Path(folder) / str(number)))
        if not options.trust_tests and not _sound(chosen, copies):
            return 2
        with ThreadPoolExecutor(AT_ONCE) as hands:
            verdicts = list(hands.map(lambda each: _judged(each, copies), chosen))
    killed = sum(each.word == "killed" for each in verdicts)
    print(f"\n{killed} of {len(verdicts)} killed")
    return 0 if verdicts and killed == len(verdicts) else 1


@contextmanager
def _servers() -> Iterator[None]:
    """PostgreSQL and Valkey for all runs; each copy has a database of its own, migrated once."""
    stop = services.start()
    try:
        yield
    finally:
        stop()


def _named(mutant: Mutant, words: Iterable[str]) -> bool:
    return any(word.casefold() in mutant.name.casefold() for word in words)


def _occurrences(mutant: Mutant) -> int:
    return (REPOSITORY / mutant.file).read_text().count(mutant.old)


def _copy(folder: Path) -> Path:
    """What git has, as it is here now; the environment is shared."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    for name in filter(None, names.stdout.split("\0")):
        source = REPOSITORY / name
        if source.is_file() and not source.is_symlink():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, folder / name)
    return folder


def _sound(chosen: list[Mutant], copies: "SimpleQueue[Path]") -> bool:
    """Whether the tests pass without a fault: else a failure would say nothing."""
    tests = sorted({test for mutant in chosen for test in mutant.tests})
    copy = copies.get()
    code, output = _run(copy, tests)
    copies.put(copy)
    if code != PASSED:
        print("Without any fault:\n" + output[-4000:], file=sys.stderr)
    return code == PASSED


def _judged(mutant: Mutant, copies: "SimpleQueue[Path]") -> Verdict:
    copy = copies.get()
    file = copy / mutant.file
    text = file.read_text()
    began = time.monotonic()
    try:
        file.write_text(text.replace(mutant.old, mutant.new))
        code, output = _run(copy, mutant.tests)
    finally:
        file.write_text(text)
        copies.put(copy)
    failure = _first_failure(output)
    word = "SURVIVED" if code == PASSED else "killed" if code == FAILED and failure else "ERROR"
    verdict = Verdict(mutant, word, failure, time.monotonic() - began)
    print(f"{word:9} {mutant.name:48} {verdict.seconds:5.0f} s  {verdict.noticed_by}", flush=True)
    if word == "ERROR":
        print(output[-2000:], file=sys.stderr)
    return verdict


def _run(copy: Path, tests: Iterable[str]) -> tuple[int, str]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "--tb=no",
        *tests,
    ]
    # Without the addresses each run starts a Valkey of its own.
    inherited = {k: v for k, v in os.environ.items() if k not in services.VALKEY_ADDRESSES}
    done = subprocess.run(
        command,
        cwd=copy,
        env={
            **inherited,
            "DB_NAME": f"mutants{copy.name}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(copy),
        },
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def _first_failure(output: str) -> str:
    """The test that failed. One that could not even begin says nothing of the fault."""
    lines = [line for line in output.splitlines() if line.startswith("FAILED ")]
    return lines[0].split(" - ")[0].split("/")[-1] if lines else ""


if __name__ == "__main__":
    sys.exit(main())
