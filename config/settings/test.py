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
