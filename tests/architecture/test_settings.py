"""Every setting read from the environment is documented, and nothing is documented that is not read."""

import re
from pathlib import Path

from core.embedded.folders import REPOSITORY

READ = re.compile(r"\benv(?:\.\w+)?\(\s*[\"']([A-Z][A-Z0-9_]+)[\"']")
DOCUMENTED = re.compile(r"^#? ?([A-Z][A-Z0-9_]+)=", re.MULTILINE)
READ_BY_PROGRAMS = {
    "SHARED_DATA",
    "REQUIRE_ALL",
    "SANDBOX_PORT",
    "PROMETHEUS_MULTIPROC_DIR",
    "DJANGO_SETTINGS_MODULE",
}


def read_by_settings() -> set[str]:
    files = (REPOSITORY / "config" / "settings").glob("*.py")
    return {name for file in files for name in READ.findall(file.read_text())}


def documented() -> set[str]:
    return set(DOCUMENTED.findall(Path(REPOSITORY / ".env.example").read_text()))


class TestEnvironmentExample:
    def test_documents_every_setting(self):
        assert read_by_settings() - documented() == set()

    def test_documents_nothing_that_is_not_read(self):
        assert documented() - read_by_settings() - READ_BY_PROGRAMS == set()
