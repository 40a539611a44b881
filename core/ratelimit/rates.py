"""How much in how long: "60/10m" is sixty in ten minutes."""

import re
from dataclasses import dataclass
from functools import lru_cache

FORM = re.compile(r"(?P<count>[1-9]\d{0,8})/(?P<many>[1-9]\d{0,3})?(?P<unit>[smhd])\Z")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class BadRate(ValueError):
    """Not of the form count/period, such as 600/m or 60/10m."""


@dataclass(frozen=True)
class Rate:
    count: int
    seconds: int

    def shared_by(self, processes: int) -> "Rate":
        """One process's part while each counts for itself; never nothing."""
        return Rate(max(1, self.count // processes), self.seconds)


@lru_cache(maxsize=64)
def parse(text: str) -> Rate:
    found = FORM.match(text.strip())
    if found is None:
        raise BadRate(f"{text!r} is not a rate such as 600/m or 60/10m")
    return Rate(int(found["count"]), int(found["many"] or 1) * SECONDS[found["unit"]])
