"""`make chaos`: every crash point, then storms, each followed by the invariant checker; a table at the end.

`--seeds 1-100` blows a hundred storms, `--storms` these alone.
"""

import argparse
import os
import sys

import pytest


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="1-10", metavar="FIRST-LAST")
    parser.add_argument("--storms", action="store_true", help="without the crash points")
    options, rest = parser.parse_known_args()
    os.environ |= {"CHAOS": "all", "CHAOS_SEEDS": options.seeds}
    what = "tests/chaos/test_storms.py" if options.storms else "tests/chaos"
    return int(pytest.main([what, "--verbose", "--tb=short", *rest]))


if __name__ == "__main__":
    sys.exit(main())
