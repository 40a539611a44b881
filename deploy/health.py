"""A container's own question: is it alive? `health.py` asks the web; `health.py worker` when a task last came through.

Only the standard library, so that it starts quickly.
"""

import os
import sys
import time
import urllib.request

METRIC = "worker_heartbeat_timestamp_seconds"
SILENT_SECONDS_MAX = 90


def main() -> int:
    return _worker() if "worker" in sys.argv else _web()


def _web() -> int:
    host = os.environ.get("ALLOWED_HOSTS", "127.0.0.1").split(",")[0]
    request = urllib.request.Request("http://127.0.0.1:8000/livez", headers={"Host": host})
    with urllib.request.urlopen(request, timeout=2) as answer:  # noqa: S310 - our own address
        return 0 if answer.status == 200 else 1


def _worker() -> int:
    port = os.environ["WORKER_METRICS_LISTEN"].rpartition(":")[2]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2) as answer:
        lines = answer.read().decode().splitlines()
    beats = [float(line.split()[-1]) for line in lines if line.startswith(METRIC)]
    return 0 if beats and time.time() - max(beats) < SILENT_SECONDS_MAX else 1


if __name__ == "__main__":
    sys.exit(main())
