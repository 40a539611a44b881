"""`make chaos`: every crash point, then the invariant checker; one line for each."""

import os
import sys

import pytest


def main() -> int:
    os.environ["CHAOS"] = "all"
    return int(pytest.main(["tests/chaos", "--verbose", "--tb=short", *sys.argv[1:]]))


if __name__ == "__main__":
    sys.exit(main())
