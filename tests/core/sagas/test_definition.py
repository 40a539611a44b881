"""Definitions say what they are made of, and refuse what makes no sense."""

import pytest

from core.sagas import definition as definitions
from core.sagas.definition import Definition, Go, Run, Step
from tests.core.sagas.journeys import Script, parcel


def go(_run: Run) -> Go:
    return Go()


class TestDefinition:
    def test_refuses_no_steps(self):
        with pytest.raises(ValueError, match="steps"):
            Definition("tests.empty", 1, [])

    def test_refuses_two_steps_of_one_name(self):
        step = Script().step("pack")
        with pytest.raises(ValueError, match="names"):
            Definition("tests.twins", 1, [step, step])

    def test_refuses_two_pivots(self):
        script = Script()
        steps = [script.step("ship", pivot=True), script.step("sink", pivot=True)]
        with pytest.raises(ValueError, match="pivots"):
            Definition("tests.pivots", 1, steps)

    def test_knows_what_to_undo_last_first(self):
        definition = parcel(Script())
        names = {
            step.name: [earlier.name for earlier in definition.to_undo_before(step)]
            for step in definition.steps
        }

        assert names == {
            "check": [],
            "pack": [],
            "ship": ["pack"],
            "tell": ["ship", "pack"],
        }

    def test_knows_what_lies_past_the_pivot(self):
        definition = parcel(Script())

        assert [step.name for step in definition.steps if definition.past_pivot(step)] == ["tell"]


class TestRegister:
    def test_refuses_another_definition_of_the_same_version(self, script):
        with pytest.raises(ValueError, match="twice"):
            definitions.register(parcel(Script()))

    def test_keeps_old_versions(self, script):
        newer = parcel(script, version=2)
        definitions.register(newer)

        assert definitions.newest("tests.parcel") is newer
        older = definitions.find("tests.parcel", 1)
        assert older is not None
        assert older.version == 1

    def test_knows_nothing_else(self):
        assert definitions.find("tests.unheard_of", 1) is None
        with pytest.raises(definitions.UnknownSaga):
            definitions.newest("tests.unheard_of")


class TestStep:
    def test_has_words_for_staff(self):
        assert Step("take_money", do=go).words == "Take money"
        assert Step("capture", do=go, title="Take money").words == "Take money"
