"""The test suite's settings with one address more: the callback service of the W3C's conformance suite."""

from config.settings.test import *  # noqa: F403

ROOT_URLCONF = "tests.core.tracing.w3c_urls"
TRACE_TRUSTED_PEERS = ["127.0.0.0/8"]
