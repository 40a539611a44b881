"""The test suite: real services, started and named by `tests/services.py`; the schema's owner, so that tables can be emptied."""

import os

os.environ.setdefault("DB_ROLE", "owner")

from .base import *
from .base import DATABASES, INSTALLED_APPS, RATE_LIMITS, STORAGES_LOCAL, env

ENVIRONMENT_NAME = "test"
INSTALLED_APPS += ["django_migration_linter"]  # `make check` asks it for unsafe migrations
STORAGES = STORAGES_LOCAL
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 0, "max_size": 80, "timeout": 10}
DEMO_STAFF_PASSWORD = env("DEMO_STAFF_PASSWORD", default="")
RATE_LIMITS = dict.fromkeys(RATE_LIMITS, "1000000/m")  # tests of the limits set their own
# Each test has breakers of its own; those of the fleet ask for more.
BREAKERS_SHARED = False
BREAKERS_SYNC_SECONDS = 0.0
# No thread writes into a test's database; tests of it write down by themselves.
PERFORMANCE_FLUSH_SECONDS = 0.0
GC_FREEZE = False
