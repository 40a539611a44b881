"""Breakers count real seconds; a test that moves its own clock, or begins anew, has them forget."""

from core.breakers import registry


def forget_breakers() -> None:
    for guard in registry.all_guards():
        guard.obey(None)
        guard.forget()
