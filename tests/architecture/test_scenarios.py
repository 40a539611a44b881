"""docs/reliability.md: no scenario is left out, and each test that it names is there."""

import ast
import re

import pytest

from core.embedded.folders import REPOSITORY

TABLE = REPOSITORY / "docs" / "reliability.md"
LINE = re.compile(r"^\| (S\d\d) \| (?P<words>[^|]+) \| (?P<proof>[^|]+) \|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::([\w:]+))?`")
ALL = [f"S{number:02d}" for number in range(1, 93)]


def proofs() -> dict[str, str]:
    return {found[1]: found["proof"] for found in LINE.finditer(TABLE.read_text())}


def names_in(file: str) -> set[str]:
    """Each test of a file as pytest names it, and each class."""
    names = set()
    for node in ast.parse((REPOSITORY / file).read_text()).body:
        if isinstance(node, ast.ClassDef):
            names |= {node.name} | {
                f"{node.name}::{each.name}"
                for each in node.body
                if isinstance(each, ast.FunctionDef)
            }
        elif isinstance(node, ast.FunctionDef):
            names.add(node.name)
    return names


def missing_from(proof: str) -> list[str]:
    missing = []
    for file, name in TEST.findall(proof):
        if not (REPOSITORY / file).is_file() or (name and name not in names_in(file)):
            missing.append(f"{file}::{name}")
    return missing


def test_each_scenario_has_one_line():
    assert [found[1] for found in LINE.finditer(TABLE.read_text())] == ALL


@pytest.mark.parametrize("scenario", ALL)
def test_its_tests_are_there_or_it_says_why_not(scenario):
    proof = proofs()[scenario]

    assert TEST.search(proof) or proof.startswith(("reason: ", "open: "))
    assert missing_from(proof) == []


def test_a_test_that_is_gone_is_missed():
    """The twin."""
    gone = "`tests/races/test_places.py::TestLastPlace::test_goes_to_nobody`"

    assert missing_from(gone) == ["tests/races/test_places.py::TestLastPlace::test_goes_to_nobody"]
    assert missing_from("`tests/races/test_nowhere.py`") != []
