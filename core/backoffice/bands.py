"""Amber bands above every staff page: something is not as usual, because somebody wanted it so.

Each source is asked on every page, so it answers from memory.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.http import HttpRequest


@dataclass(frozen=True)
class Band:
    words: str
    url: str = ""
    more: str = ""


_sources: list[Callable[[HttpRequest], Iterable[Band]]] = []


def add(source: Callable[[HttpRequest], Iterable[Band]]) -> None:
    _sources.append(source)


def shown(request: HttpRequest) -> list[Band]:
    """None to somebody who has not signed in."""
    if not request.user.is_staff:
        return []
    return [band for source in _sources for band in source(request)]
