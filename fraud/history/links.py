"""The other keys that a key was seen with: the latest of each kind, in the order they were last seen.

One flat list for each kind: key, last seen, last declined, last paid (0 is never), the latest at the end.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

COUNTED_MAX = 25
KEPT = COUNTED_MAX + 1
WIDTH = 4
SEEN, DECLINED, PAID = 1, 2, 3

# key, last seen, last declined, last paid
Link = list[Any]


def first(key: str, now: int, seen_as: int) -> list[Any]:
    """The first meeting with a key of its kind."""
    link: Link = [key, now, 0, 0]
    link[seen_as] = now
    return link


def meet(links: list[Any], key: str, now: int, seen_as: int) -> None:
    """Puts a meeting down; who was not seen for the longest makes room."""
    newest = len(links) - WIDTH
    if links[newest] == key and links[newest + SEEN] <= now:
        links[newest + SEEN] = links[newest + seen_as] = now
        return
    place = _find(links, key)
    if place is None:
        link = first(key, now, seen_as)
    else:
        link = links[place : place + WIDTH]
        del links[place : place + WIDTH]
        link[SEEN] = max(link[SEEN], now)
        link[seen_as] = max(link[seen_as], now)
    links += link
    if len(links) > WIDTH and links[-2 * WIDTH + SEEN] > link[SEEN]:
        links[:] = flat(chunks(links))
    if len(links) > KEPT * WIDTH:
        del links[:WIDTH]


def others_since(links: list[Any], present: str, moments: Sequence[int]) -> list[int]:
    """How many keys but the present one were seen since each moment, at most 25."""
    if len(links) == WIDTH and links[0] == present:
        return [0] * len(moments)
    seen = links[SEEN::WIDTH]
    mine = _find(links, present)
    found = []
    for since in moments:
        others = len(seen) - bisect_left(seen, since)
        if mine is not None and links[mine + SEEN] >= since:
            others -= 1
        found.append(others if others < COUNTED_MAX else COUNTED_MAX)
    return found


def others(links: list[Any], present: str, since: int, seen_as: int) -> int:
    """The same for one moment, by when they were declined or paid."""
    count = sum(
        at >= since and key != present
        for key, at in zip(links[::WIDTH], links[seen_as::WIDTH], strict=True)
    )
    return min(count, COUNTED_MAX)


def chunks(links: list[Any]) -> list[Link]:
    """Link by link, as they are kept."""
    return [links[place : place + WIDTH] for place in range(0, len(links), WIDTH)]


def flat(links: list[Link]) -> list[Any]:
    """One flat list, the latest seen at the end."""
    return [each for link in sorted(links, key=_last_seen) for each in link]


def _find(links: list[Any], key: str) -> int | None:
    """Most meet whom they met last."""
    if links[-WIDTH] == key:
        return len(links) - WIDTH
    keys = links[::WIDTH]
    return keys.index(key) * WIDTH if key in keys else None


def _last_seen(link: Link) -> int:
    at: int = link[SEEN]
    return at
