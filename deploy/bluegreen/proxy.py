"""HAProxy as seen through its socket: which colour has the traffic, and giving it to another."""

import csv
import socket
from dataclasses import dataclass
from pathlib import Path

BACKEND = "web"
# Flags of srv_admin_state: maintenance (ours, inherited, unresolved name) and drain. That it began disabled by
# configuration (0x04) is remembered there too, and says nothing of now.
NO_TRAFFIC = 0x63 | 0x18
SECONDS_MAX = 5


class ProxyRefused(RuntimeError):
    """The proxy did not do what it was told; the message is its own."""


@dataclass(frozen=True)
class Proxy:
    # A file, or host:port.
    address: str
    # Where the proxy reads at its start who had the traffic.
    state: Path

    def live(self) -> str | None:
        """The colour that gets new requests, by our word: one that we gave the traffic and that is down is it still."""
        given = [name for name, state in self._orders().items() if not state & NO_TRAFFIC]
        return given[0] if len(given) == 1 else None

    def is_up(self, colour: str) -> bool:
        """It is alive in the proxy's own eyes and gets new requests."""
        return self._servers()[colour]["status"].startswith("UP")

    def under_way(self, colour: str) -> int:
        facts = self._servers()[colour]
        return int(facts["scur"] or 0) + int(facts["qcur"] or 0)

    def give(self, colour: str) -> None:
        self._tell(f"set server {BACKEND}/{colour} state ready")
        self._remember()

    def drain(self, colour: str) -> None:
        """No new requests; those under way end."""
        self._tell(f"set server {BACKEND}/{colour} state drain")
        self._remember()

    def close(self, colour: str) -> None:
        """Nothing at all, and no checks: it is about to stop or to start."""
        self._tell(f"set server {BACKEND}/{colour} state maint")
        self._remember()

    def _remember(self) -> None:
        fresh = self.state.with_suffix(".new")
        fresh.write_text(self._tell("show servers state", quiet=False))
        fresh.replace(self.state)

    def _line(self) -> socket.socket:
        host, colon, port = self.address.rpartition(":")
        if colon:
            return socket.create_connection((host, int(port)), timeout=SECONDS_MAX)
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(SECONDS_MAX)
        line.connect(self.address)
        return line

    def _orders(self) -> dict[str, int]:
        """What we told the proxy of each server, apart from what it finds of them by itself."""
        lines = self._tell("show servers state", quiet=False).splitlines()
        names = next(line for line in lines if line.startswith("# ")).split()[1:]
        rows = [dict(zip(names, line.split(), strict=False)) for line in lines]
        return {
            row["srv_name"]: int(row["srv_admin_state"])
            for row in rows
            if row.get("be_name") == BACKEND and "srv_admin_state" in row
        }

    def _servers(self) -> dict[str, dict[str, str]]:
        lines = self._tell("show stat", quiet=False).lstrip("# ").splitlines()
        rows = csv.DictReader(line for line in lines if line)
        return {
            row["svname"]: row
            for row in rows
            if row["pxname"] == BACKEND and row["svname"] not in ("BACKEND", "FRONTEND")
        }

    def _tell(self, command: str, *, quiet: bool = True) -> str:
        with self._line() as line:
            line.sendall(command.encode() + b"\n")
            answer = b"".join(iter(lambda: line.recv(65536), b"")).decode()
        if quiet and answer.strip():
            raise ProxyRefused(f"{command}: {answer.strip()}")
        return answer
