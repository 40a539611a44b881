"""The site as on a laptop, without those that watch it and whose names OVERHEAD_WITHOUT lists."""

import os

from config.settings.local import *  # noqa: F403
from config.settings.local import DATABASES, MIDDLEWARE

without = tuple(os.environ.get("OVERHEAD_WITHOUT", "").split())
if without:
    MIDDLEWARE = [each for each in MIDDLEWARE if not each.startswith(without)]
if "core.database." in without:
    DATABASES["default"]["ENGINE"] = "tests.performance.unwatched"
