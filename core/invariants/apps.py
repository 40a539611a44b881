from django.apps import AppConfig


class InvariantsConfig(AppConfig):
    name = "core.invariants"
    label = "invariants"
    verbose_name = "Invariants"
