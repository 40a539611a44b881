"""One search over everything that the office looks for: each app says how its things are found.

Registered from the apps' `admin.py`. A source asks a fixed number of queries, whatever it finds, and what a person
may not see is not asked.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.http import HttpRequest


@dataclass(frozen=True)
class Found:
    title: str
    detail: str
    url: str
    icon: str = "arrow_forward"


@dataclass(frozen=True)
class Group:
    title: str
    rows: list[Found]
    more: bool


Source = Callable[[str, int], Iterable[Found]]
_sources: list[tuple[int, str, str, Source]] = []


def add(place: int, title: str, permission: str, source: Source) -> None:
    """`source` is given what was typed, without surrounding space, and how many rows are wanted at most."""
    _sources.append((place, title, permission, source))


def find(request: HttpRequest, term: str, limit: int) -> list[Group]:
    """What each source that this person may see has found, in their places; those with nothing are left out."""
    groups = []
    for _, title, permission, source in sorted(_sources, key=lambda each: each[0]):
        if request.user.has_perm(permission):
            rows = list(source(term, limit + 1))
            groups.append(Group(title, rows[:limit], more=len(rows) > limit))
    return [group for group in groups if group.rows]
