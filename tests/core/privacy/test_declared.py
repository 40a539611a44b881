"""Every field that looks personal is declared, and what is declared exists."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from core.crypto.fields import SealedField
from core.privacy import declared
from fraud.models.blacklist import NetworkField

ALWAYS = (
    SealedField, models.TextField, models.JSONField, models.EmailField, models.BinaryField, models.FileField,
    models.GenericIPAddressField, ArrayField, NetworkField,
)  # fmt: skip
LOOKS_SO = re.compile(
    r"(^|_)(name|email|phone|address|postcode|company|note|message|recipient|shown|exact|reason|explanation|content|"
    r"actor|author|cause|fingerprint|digest|index|token|browser|reference|number|last4|brand|answer|key|by|purchase|"
    r"order|place|answer|private|evidence)($|_)"
)
# Names of machines' own parts, and answers of the mail server as a code.
OF_MACHINES = {
    "auth.Group", "contenttypes.ContentType", "outbox.Message", "outbox.Delivery", "sagas.SagaRun", "mail.Delivery",
    "breakers.Order", "crypto.KeyUse", "performance.Measurement", "invoicing.Document", "fraud.ReviewCase",
    "courses.Course", "courses.Venue", "invoicing.Counter",
}  # fmt: skip


def suspicious(model: type[models.Model]) -> list[str]:
    found = []
    for field in model._meta.local_concrete_fields:
        if field.is_relation or getattr(field, "choices", None):
            continue
        is_text = isinstance(field, models.CharField) and model._meta.label not in OF_MACHINES
        if isinstance(field, ALWAYS) or (is_text and LOOKS_SO.search(field.name)):
            found.append(field.name)
    return found


def undeclared(found: list[type[models.Model]]) -> list[str]:
    return [
        f"{model._meta.label}.{name}"
        for model in found
        for name in suspicious(model)
        if not declared.is_declared(model._meta.label, name)
    ]


class TestTheRegistry:
    def test_knows_every_field_that_looks_personal(self):
        assert undeclared(apps.get_models(include_auto_created=True)) == []

    def test_misses_a_new_field(self):
        """Or the test above could not fail."""

        class Visitor(models.Model):
            email = models.EmailField()
            seats = models.IntegerField()

            class Meta:
                app_label = "tests_of_privacy"

            def __str__(self) -> str:
                return "Visitor"

        try:
            assert undeclared([Visitor]) == ["tests_of_privacy.Visitor.email"]
        finally:
            del apps.all_models["tests_of_privacy"]

    def test_names_no_field_that_is_gone(self):
        real = {
            (model._meta.label, field.name)
            for model in apps.get_models(include_auto_created=True)
            for field in model._meta.local_concrete_fields
        }
        assert declared.named() - real == set()


class TestTheDocument:
    def test_has_the_table(self):
        assert declared.table() in Path("docs/privacy.md").read_text()

    @pytest.mark.parametrize("each", declared.everything(), ids=lambda each: each.model)
    def test_says_how_long_and_why(self, each):
        assert each.kept and each.then and each.erased and each.why
