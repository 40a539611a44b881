"""Every Alpine expression of the installed Unfold must parse without eval, so that an upgrade can't break a page unseen."""

import json
import re
import subprocess
from pathlib import Path

import unfold
from django.contrib import admin
from django.contrib.staticfiles import finders

from core.backoffice.readonly import ReadOnlyAdmin
from core.embedded.folders import REPOSITORY
from tests import requirements

TEMPLATES = Path(unfold.__file__).parent
OURS = (REPOSITORY / "templates" / "admin", REPOSITORY / "templates" / "unfold")
# What Alpine evaluates; the others (x-ref, x-transition classes, x-cloak, …) are names or nothing.
ATTRIBUTE = re.compile(
    r"""(?<![\w-])((?:x-on:|x-bind:|@|:)[\w.:-]+|x-(?:data|init|show|if|text|model|effect|anchor[\w.-]*)|x-for)="([^"]*)\""""
)
TAG = re.compile(r"{%.*?%}", re.DOTALL)
VALUE = re.compile(r"{{.*?}}", re.DOTALL)
BRANCH = re.compile(
    r"{%\s*if\b[^%]*%}((?:(?!{%\s*(?:if|endif)).)*?){%\s*else\s*%}(.*?){%\s*endif\s*%}", re.DOTALL
)
FEWEST = 150
# Never rendered here: the box that the command search replaces, and the widget of array fields, which we have none of.
NOT_USED = {"unfold/templates/unfold/helpers/search.html", "unfold/forms/array.html"}


def expressions(folder: Path) -> list[tuple[str, str]]:
    found = []
    for file in folder.rglob("*.html"):
        if any(file.as_posix().endswith(f"/{name}") for name in NOT_USED):
            continue
        for name, value in ATTRIBUTE.findall(_without_django(file.read_text())):
            if value.strip():
                found.append((name, value.split(" in ", 1)[1] if name == "x-for" else value))
    return found


def _without_django(text: str) -> str:
    """One of each pair of branches, and 0 for each value: what is left is what the browser gets."""
    return VALUE.sub("0", TAG.sub("", BRANCH.sub(r"\1", text)))


def refused(attributes: list[tuple[str, str]]) -> list[list[str]]:
    alpine = finders.find("unfold/js/alpine/alpine.js")
    script = Path(__file__).with_name("alpine_expressions.js")
    done = subprocess.run(
        ["node", script, str(alpine), REPOSITORY / "static/js/unfold-csp.js"],
        input=json.dumps({"attributes": attributes}),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


class TestExpressions:
    def test_of_unfold_all_parse(self):
        requirements.need("node")
        found = expressions(TEMPLATES)

        assert len(found) >= FEWEST
        assert refused(found) == []

    def test_of_ours_all_parse(self):
        requirements.need("node")

        assert refused([each for folder in OURS for each in expressions(folder)]) == []

    def test_notices_one_that_does_not(self):
        requirements.need("node")

        failures = refused([("x-on:click", "if (a) b()"), ("x-show", "a && b")])

        assert [failure[1] for failure in failures] == ["if (a) b()"]


class TestNotUsed:
    def test_the_command_search_replaces_the_box(self, settings):
        assert settings.UNFOLD["SIDEBAR"]["command_search"] is True

    def test_no_model_that_staff_edit_has_an_array_field(self):
        edited = [
            model
            for model, page in admin.site._registry.items()
            if not isinstance(page, ReadOnlyAdmin)
        ]
        fields = [field for model in edited for field in model._meta.get_fields()]

        assert edited
        assert not [field for field in fields if type(field).__name__ == "ArrayField"]


class TestAlpine:
    def test_is_the_build_without_eval(self):
        script = Path(finders.find("unfold/js/alpine/alpine.js"))

        assert script.is_relative_to(REPOSITORY / "static")
        assert "AsyncFunction" not in script.read_text()
