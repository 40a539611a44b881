"""docs/security.md is whole, and what it names exists."""

import ast
import csv
import re
from functools import cache

import pytest
from django.conf import settings

from core.embedded.folders import REPOSITORY
from tests.requirements import shared_data

LINE = re.compile(r"^\| (V\d+\.\d+\.\d+) \| ([12]) \| ([^|]+) \| (.+) \|$")
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::([\w:]+))?`")
SETTING = re.compile(r"setting `([A-Z_]+)`")
LEVEL_2 = {"V2", "V6", "V7", "V8", "V11", "V16"}


def table() -> list[tuple[str, str, str, str]]:
    text = (REPOSITORY / "docs" / "security.md").read_text()
    return [match.groups() for line in text.splitlines() if (match := LINE.match(line))]


@cache
def names_in(file: str) -> frozenset[str]:
    """Every test of a file as Class::test, and its classes."""
    found = set()
    for node in ast.parse((REPOSITORY / file).read_text()).body:
        if isinstance(node, ast.ClassDef):
            found.add(node.name)
            found |= {
                f"{node.name}::{each.name}"
                for each in node.body
                if isinstance(each, ast.FunctionDef)
            }
        elif isinstance(node, ast.FunctionDef):
            found.add(node.name)
    return frozenset(found)


@pytest.mark.parametrize("line", table(), ids=lambda line: line[0])
class TestALine:
    def test_says_how_it_is_held_by_what_exists(self, line):
        name, _level, asks, held = line

        assert len(asks.strip()) > 5, name
        for file, test in TEST.findall(held):
            assert (REPOSITORY / file).exists(), file
            assert not test or test in names_in(file), f"{file}::{test}"
        for setting in SETTING.findall(held):
            assert hasattr(settings, setting), setting
        assert TEST.search(held) or SETTING.search(held) or "reason: " in held or "not met" in held


class TestTheTable:
    def test_names_none_twice(self):
        names = [line[0] for line in table()]

        assert len(names) == len(set(names))

    def test_lacks_no_requirement_of_the_standard(self):
        file = shared_data() / "asvs" / "asvs-5.0.0-en.csv"
        with file.open(encoding="utf-8-sig") as opened:
            wanted = {
                row["req_id"]: row["L"]
                for row in csv.DictReader(opened)
                if row["L"] == "1" or (row["L"] == "2" and row["chapter_id"] in LEVEL_2)
            }

        assert {line[0]: line[1] for line in table()} == wanted

    def test_says_openly_what_is_not_met(self):
        """Anything else here is a new gap."""
        open_lines = {line[0] for line in table() if line[3].startswith("not met")}

        assert open_lines == {
            "V6.2.12", "V6.4.1", "V6.5.5", "V14.2.1",
        }  # fmt: skip
