"""Without REDIS_URL the site starts, and each process caches in its own memory."""

import os
import subprocess
import sys

from core.embedded.folders import REPOSITORY

SCRIPT = """
import django
django.setup()
from django.conf import settings
from django.core.cache import cache, caches
from django.core.checks import run_checks
assert not settings.REDIS_URL and not settings.BREAKERS_SHARED
assert caches["default"].layers.line is None
cache.set("a", 1)
assert cache.get("a") == 1 and cache.get_or_set("b", lambda: 2) == 2
from core.health import checks
checks.cache()
print([each.id for each in run_checks(tags=["caches"])])
"""


class TestWithoutValkey:
    def test_starts_and_caches(self):
        environment = {
            **os.environ,
            "REDIS_URL": "",
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
        }

        done = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=REPOSITORY,
            env=environment,
            capture_output=True,
            text=True,
        )

        assert done.returncode == 0, done.stderr
        assert done.stdout.strip().splitlines()[-1] == "[]"
