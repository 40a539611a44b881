"""Long lists in handfuls, so that each is one question to our database."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

PAGE_SIZE = 100
Item = TypeVar("Item")


def pages(items: Iterable[Item]) -> Iterator[list[Item]]:
    waiting = iter(items)
    while page := list(islice(waiting, PAGE_SIZE)):
        yield page
