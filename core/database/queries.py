"""What one piece of work asked of the database (`watching.asked()`): how often, how long, what again and again.

    asked.count, asked.seconds, asked.repeated(10), asked.slow(0.1)

Only the statement's text is kept, never its parameters: nothing personal can get into a tally.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

STATEMENTS_MAX = 300
_LISTS = re.compile(r"\(\s*%s(?:\s*,\s*%s)+\s*\)")
_ROWS = re.compile(r"(\(…\))(?:\s*,\s*\(…\))+")
_TEXTS = re.compile(r"'(?:[^']|'')*'")
_NUMBERS = re.compile(r"(?<![\w$])\d+(?:\.\d+)?\b")
_SPACE = re.compile(r"\s+")


class Asked:
    """The statements of one piece of work, by their text: how often each, and how long together."""

    __slots__ = ("count", "seconds", "statements")

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0
        self.statements: dict[str, list[float]] = {}

    def note(self, sql: str, seconds: float) -> None:
        self.count += 1
        self.seconds += seconds
        seen = self.statements.get(sql)
        if seen is not None:
            seen[0] += 1
            seen[1] += seconds
        elif len(self.statements) < STATEMENTS_MAX:
            self.statements[sql] = [1, seconds]

    def repeated(self, times: int) -> list[tuple[str, int, float]]:
        """(shape, how often, seconds) of each that was run at least so often."""
        return [each for each in self._shapes() if each[1] >= times]

    def slow(self, seconds: float) -> list[tuple[str, int, float]]:
        """(shape, how often, seconds) of each whose single run took at least so long, on average."""
        return [each for each in self._shapes() if each[2] / each[1] >= seconds]

    def notable(self, *, times: int, seconds: float) -> list[tuple[str, int, float]]:
        """Repeated or slow: nothing else needs its text looked at."""
        return [each for each in self._shapes() if each[1] >= times or each[2] >= seconds * each[1]]

    def _shapes(self) -> Iterator[tuple[str, int, float]]:
        for sql, (times, seconds) in self.statements.items():
            yield sql, int(times), seconds


@lru_cache(maxsize=512)
def shape_of(sql: str) -> str:
    """The statement without what varies: literals, lengths of lists, white space."""
    shape = _TEXTS.sub("?", _SPACE.sub(" ", sql.strip()))
    shape = _ROWS.sub(r"\1", _LISTS.sub("(…)", shape))
    return _NUMBERS.sub("?", shape)
