"""What each page may take, and what people call it; from settings. Pure."""

import re
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings


@dataclass(frozen=True)
class Budget:
    """Server p95 and the three field vitals' p75: milliseconds, and thousandths for CLS."""

    page: str
    server_ms: int
    lcp: int
    inp: int
    cls: int

    def of_vital(self, name: str) -> int:
        return {"LCP": self.lcp, "INP": self.inp, "CLS": self.cls}[name]


@lru_cache(maxsize=512)
def of(route: str) -> Budget:
    """The first line that fits; the page's own words, or its route where it has none."""
    for pattern, page, *limits in settings.PERFORMANCE_BUDGETS:
        if re.search(pattern, route):
            exact = pattern.endswith("$")
            name = page if exact or not page else f"{page}: {_short(route)}"
            return Budget(name or route, *limits)
    raise LookupError(f"no budget fits {route}; the last line of PERFORMANCE_BUDGETS must fit all")


def _short(route: str) -> str:
    """/admin/fraud/reviewcase/ is "fraud/reviewcase", without what converts."""
    plain = re.sub(r"^/(api/v1|admin)?/?", "", re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route))
    return plain.strip("/") or route
