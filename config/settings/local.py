"""A laptop: the embedded services' addresses and secrets lie in `var/environment`, written by `make run`."""

import os

from core.embedded.environment import load

load(os.environ.get("VAR_DIR"))

from .base import *  # noqa: E402
from .base import STORAGES_LOCAL, env  # noqa: E402

DEBUG = False
ENVIRONMENT_NAME = "local"
STORAGES = STORAGES_LOCAL
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
DEMO_STAFF_PASSWORD = env("DEMO_STAFF_PASSWORD", default="")
