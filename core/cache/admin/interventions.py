"""What people do to the cache: each written down before it is done."""

from datetime import datetime

from core.audit import services as audit
from core.cache import families, layers, warming
from core.cache.families import Family
from core.errors import Invalid, NotFound

WORD = "clear"


class NoSuchCache(NotFound):
    detail = "There is no such cache."


def find(name: str) -> Family:
    """Raises NoSuchCache."""
    try:
        return families.all_families()[name]
    except KeyError:
        raise NoSuchCache from None


def clear(*, name: str, actor: str, now: datetime) -> Family:
    """One family, in all layers and processes. Raises NoSuchCache."""
    family = find(name)
    _audit(name, "clear", actor, now)
    _clear(family)
    return family


def refresh(*, name: str, actor: str, now: datetime) -> list[warming.Warmed]:
    """Forget what belongs to a warmer, and make at once what visitors ask for first. Raises NoSuchCache."""
    if name not in warming.all_warmers():
        raise NoSuchCache
    _audit(name, "refresh", actor, now)
    for family in warming.all_warmers()[name].families:
        _clear(find(family))
    return warming.warm(name)


def clear_all(*, word: str, actor: str, now: datetime) -> None:
    """Everything under the cache's prefix. Raises Invalid unless the word was typed."""
    if word.strip().lower() != WORD:
        raise Invalid(fields={"word": [f"Type {WORD}."]})
    _audit("all", "clear all", actor, now)
    known = layers.layers()
    known.changes.flush("cleared")
    known.forget_pattern(known.all_keys)


def _clear(family: Family) -> None:
    known = layers.layers()
    known.forget(tags=family.own_tags, source="console")
    known.forget_pattern(f"{known.prefix}:*:{family.name}:*")


def _audit(name: str, action: str, actor: str, now: datetime) -> None:
    audit.record(subject=f"cache.family:{name}", action=action, actor=actor, now=now)
