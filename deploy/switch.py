"""Blue and green: brings a release up beside the one that serves, and gives it the traffic when it is ready.

    python -m deploy.switch up --release DIR         the first start: both free, blue takes the traffic
    python -m deploy.switch switch --release DIR     start the free colour, wait for /readyz, move, drain the other
    python -m deploy.switch rollback                 back to the colour before; it still runs, so it takes a second
    python -m deploy.switch status

No request fails: the free colour gets traffic only after its /readyz said 200 three times in a row, and the other one
ends what it has begun. It stays up, without traffic, until the next switch. A colour that does not become ready is
stopped, and nothing has changed. Schema first, by the rule of docs/runbooks/deploy.md: what is added works with both.
"""

import argparse
import fcntl
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.bluegreen.containers import ContainerGroup
from deploy.bluegreen.group import Group
from deploy.bluegreen.proxy import Proxy, ProxyRefused

COLOURS = ("blue", "green")
LOOK_SECONDS = 0.2
READY_SECONDS_MAX = 90
DRAIN_SECONDS_MAX = 45
READY_TIMES = 3
# Asked before a colour gets traffic: that it is ready, and that it can draw a page.
GATES = ("/readyz", "/")


class SwitchFailed(RuntimeError):
    """Nothing has changed for customers; the message says why."""


@dataclass(frozen=True)
class Switch:
    proxy: Proxy
    groups: Mapping[str, Group | ContainerGroup]
    host: str

    def up(self, release: Path) -> str:
        if any(group.pid for group in self.groups.values()):
            raise SwitchFailed("A colour runs already: use switch.")
        self.proxy.close("green")
        self._start("blue", release)
        self._take("blue")
        return "blue"

    def switch(self, release: Path) -> str:
        live = self._live()
        free = _other(live)
        self.proxy.close(free)
        self.groups[free].stop()
        self._start(free, release)
        self._move(to=free, away_from=live)
        return free

    def rollback(self) -> str:
        live = self._live()
        before = _other(live)
        group = self.groups[before]
        if not group.release:
            raise SwitchFailed("There is nothing to go back to.")
        if group.pid is None:
            self._start(before, Path(group.release))
        self._gate(group)
        self._move(to=before, away_from=live)
        return before

    def status(self) -> dict[str, object]:
        groups = {
            name: {
                "pid": group.pid,
                "release": group.release,
                "ready": group.answers("/readyz", self.host) == 200,
                "under_way": self.proxy.under_way(name),
            }
            for name, group in self.groups.items()
        }
        return {"live": self.proxy.live(), **groups}

    def _live(self) -> str:
        live = self.proxy.live()
        if live is None:
            raise SwitchFailed("Not exactly one colour has the traffic: see status.")
        return live

    def _start(self, colour: str, release: Path) -> None:
        group = self.groups[colour]
        started = group.start(release)
        try:
            self._gate(group, dead=lambda: bool(started.poll()))
        except SwitchFailed:
            group.stop()
            raise

    def _gate(
        self, group: Group | ContainerGroup, *, dead: Callable[[], bool] = lambda: False
    ) -> None:
        """Returns when the group was ready several times in a row; raises when it does not become so in time."""
        ends = time.monotonic() + READY_SECONDS_MAX
        well = 0
        while well < READY_TIMES:
            ready = all(group.answers(path, self.host) == 200 for path in GATES)
            well = well + 1 if ready else 0
            if dead() or time.monotonic() > ends:
                raise SwitchFailed(f"{group.colour} did not become ready:\n{group.last_words()}")
            time.sleep(LOOK_SECONDS)

    def _move(self, *, to: str, away_from: str) -> None:
        """For a moment both have traffic; never none."""
        self._take(to)
        self.proxy.drain(away_from)
        _within(DRAIN_SECONDS_MAX, lambda: self.proxy.under_way(away_from) == 0)

    def _take(self, colour: str) -> None:
        self.proxy.give(colour)
        if not _within(10, lambda: self.proxy.is_up(colour)):
            self.proxy.close(colour)
            raise SwitchFailed(f"The proxy does not see {colour}.")


def main() -> int:
    arguments = _parser().parse_args()
    switch = _made_of(arguments)
    folder = Path(arguments.var)
    try:
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            answer = _do(switch, arguments)
    except BlockingIOError:
        return _tell("Another switch is under way.", 1)
    except (SwitchFailed, ProxyRefused, OSError) as problem:
        return _tell(f"Not done: {problem}", 1)
    sys.stdout.write(answer + "\n")
    return 0


def _do(switch: Switch, arguments: argparse.Namespace) -> str:
    if arguments.action == "status":
        return json.dumps(switch.status(), indent=2)
    if arguments.action == "rollback":
        return f"{switch.rollback()} has the traffic again"
    release = Path(arguments.release).resolve()
    act: Callable[[Path], str] = switch.up if arguments.action == "up" else switch.switch
    return f"{act(release)} has the traffic, from {release}"


def _made_of(arguments: argparse.Namespace) -> Switch:
    folder = Path(arguments.var).resolve()
    groups: dict[str, Group | ContainerGroup] = {}
    for colour in COLOURS:
        (folder / colour).mkdir(parents=True, exist_ok=True)
        host, _, port = getattr(arguments, colour).rpartition(":")
        if arguments.containers:
            groups[colour] = ContainerGroup(colour, folder / colour)
        else:
            groups[colour] = Group(colour, host, int(port), folder / colour)
    proxy = Proxy(arguments.proxy_socket, Path(arguments.proxy_state))
    return Switch(proxy, groups, arguments.host)


def _parser() -> argparse.ArgumentParser:
    words = (__doc__ or "").split("\n\n")
    parser = argparse.ArgumentParser(
        description=words[0], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("action", choices=("up", "switch", "rollback", "status"))
    parser.add_argument(
        "--release", default=".", help="the folder of the code, with its .venv; or the image's tag"
    )
    parser.add_argument(
        "--containers", action="store_true", help="the colours are those of deploy/compose.yaml"
    )
    options = {
        "var": ("DEPLOY_DIR", "var/deploy", "pids, logs, metrics of the colours"),
        "blue": ("BLUE_ADDRESS", "127.0.0.1:8101", "where blue listens"),
        "green": ("GREEN_ADDRESS", "127.0.0.1:8102", "where green listens"),
        "proxy-socket": ("PROXY_SOCKET", "var/deploy/proxy.sock", "HAProxy's socket"),
        "proxy-state": ("PROXY_STATE", "var/deploy/proxy.state", "who had the traffic"),
        "host": ("SITE_HOST", "127.0.0.1", "the name under which the site answers"),
    }
    for name, (variable, default, words_of_it) in options.items():
        given = os.environ.get(variable, default)
        parser.add_argument(f"--{name}", default=given, help=f"{words_of_it} ({variable})")
    return parser


def _other(colour: str) -> str:
    return COLOURS[1 - COLOURS.index(colour)]


def _within(seconds: float, true: Callable[[], bool]) -> bool:
    ends = time.monotonic() + seconds
    while not true():
        if time.monotonic() > ends:
            return False
        time.sleep(LOOK_SECONDS)
    return True


def _tell(words: str, status: int) -> int:
    sys.stderr.write(words + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
