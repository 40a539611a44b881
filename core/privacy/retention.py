"""What a night forgets: each app's rules, in portions, with a row for each night that says what was done."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction

from core.privacy.models import RetentionRun

log = structlog.get_logger(__name__)
PORTION = 200
PORTIONS_MAX = 250


@dataclass(frozen=True)
class Rule:
    """`forget(now, limit)` forgets at most `limit` of what is due and tells how many; it is done when fewer were."""

    name: str
    forget: Callable[[datetime, int], int]


_rules: list[Rule] = []


def rule(name: str, forget: Callable[[datetime, int], int]) -> None:
    _rules.append(Rule(name, forget))


def names() -> list[str]:
    return [each.name for each in _rules]


def apply(*, now: datetime, portion: int = PORTION) -> RetentionRun:
    """Each portion is one transaction; a rule that fails is logged and kept with the night, and the others go on."""
    run = RetentionRun.objects.create(began_at=now)
    for each in _rules:
        try:
            run.forgotten[each.name] = _apply(each, now, portion)
        except Exception as error:
            log.exception("retention_rule_failed", rule=each.name)
            run.failed[each.name] = type(error).__name__
        run.save(update_fields=["forgotten", "failed"])
    run.finish()
    return run


def _apply(each: Rule, now: datetime, portion: int) -> int:
    total = 0
    for _ in range(PORTIONS_MAX):
        with transaction.atomic():
            done = each.forget(now, portion)
        total += done
        if done < portion:
            break
    return total
