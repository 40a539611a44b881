"""`python -m payments.sandbox --port 8001 --store var/sandbox`: serves on 127.0.0.1 until stopped."""

import argparse
import logging
import sys
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from .app import Sandbox
from .settings import Settings

HOST = "127.0.0.1"
THREADS = 16


class Server(BaseApplication):
    def __init__(self, port: int, folder: Path, settings: Settings) -> None:
        self._options = {
            "bind": f"{HOST}:{port}",
            "workers": 1,
            "threads": THREADS,
            "worker_class": "gthread",
            "control_socket_disable": True,
            "keepalive": 75,
            "timeout": 120,
            "graceful_timeout": 1,
            "loglevel": "critical",
            "proc_name": "stripe-sandbox",
            "when_ready": _say_ready,
            "post_worker_init": _start,
        }
        self._folder = folder
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Sandbox:
        """Made in the worker, which alone opens the store."""
        return Sandbox(self._folder, self._settings)


def main() -> None:
    parser = argparse.ArgumentParser(prog="payments.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8001, help="0 takes a free one")
    parser.add_argument("--store", type=Path, required=True, help="the folder of the books")
    given = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    Server(given.port, given.store, Settings.from_environment()).run()


def _say_ready(server: Any) -> None:
    port = server.LISTENERS[0].sock.getsockname()[1]
    sys.stdout.write(f"Stripe sandbox ready at http://{HOST}:{port}\n")
    sys.stdout.flush()


def _start(worker: Any) -> None:
    worker.wsgi.start()


if __name__ == "__main__":
    main()
