"""One colour as a container of compose.yaml. The release is an image tag; the proxy and the order of steps are the same."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

COMPOSE = Path(__file__).parents[1] / "compose.yaml"
ASK = """
import os, sys, urllib.error, urllib.request
host = os.environ["ALLOWED_HOSTS"].split(",")[0]
headers = {"Host": host, "X-Forwarded-Proto": "https"}
try:
    with urllib.request.urlopen(urllib.request.Request("http://127.0.0.1:8000" + sys.argv[1], headers=headers), timeout=5) as answer:
        print(answer.status)
except urllib.error.HTTPError as error:
    print(error.code)
"""


@dataclass(frozen=True)
class ContainerGroup:
    colour: str
    folder: Path

    @property
    def service(self) -> str:
        return f"web-{self.colour}"

    @property
    def pid(self) -> int | None:
        """1 while the container runs: it is the container's own."""
        names = self._compose("ps", "--services", "--status", "running").stdout.split()
        return 1 if self.service in names else None

    @property
    def release(self) -> str:
        return self._tag_file.read_text() if self._tag_file.exists() else ""

    def start(self, release: Path) -> subprocess.Popen:
        """Returns when the container has begun; whether it is ready is for the gate to find out."""
        self._tag_file.write_text(release.name)
        return subprocess.Popen(
            self._command("up", "--detach", "--no-deps", "--force-recreate", self.service),
            env=self._environment(),
        )

    def stop(self) -> None:
        self._compose("stop", self.service)

    def answers(self, path: str, host: str) -> int:
        done = self._compose("exec", "-T", self.service, "python", "-c", ASK, path)
        return int(done.stdout.strip() or 0) if done.returncode == 0 else 0

    def last_words(self) -> str:
        return self._compose("logs", "--tail", "40", self.service).stdout

    def _compose(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._command(*arguments), env=self._environment(), capture_output=True, text=True
        )

    @staticmethod
    def _command(*arguments: str) -> list[str]:
        return ["docker", "compose", "--file", str(COMPOSE), "--profile", "green", *arguments]

    def _environment(self) -> dict[str, str]:
        """The tags of both, or compose would think that the other one had changed."""
        tags = {}
        for colour in ("blue", "green"):
            file = self.folder.parent / colour / "tag"
            tags[f"{colour.upper()}_TAG"] = file.read_text() if file.exists() else "1"
        return {**os.environ, **tags}

    @property
    def _tag_file(self) -> Path:
        return self.folder / "tag"
