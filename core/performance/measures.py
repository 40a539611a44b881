"""What customers did, counted on the server by name: no cookie, no identifier, no third party (ux.md 9).

Search engines' robots and our own probe say who they are; what they do is nobody's way to paid, and is not counted.

Most are told by the answer alone: settings.MEASURES says which ("GET courses:course 200"). The others are events,
counted by the parts that publish them.
"""

import re
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse

from core.performance import recorder
from core.performance.models import Measurement

DETAIL_LENGTH_MAX = 64
FUNNEL = (
    ("course_viewed", "Looked at a course"),
    ("hold_created", "Held places"),
    ("who_completed", "Said who’s coming"),
    ("pay_viewed", "Came to pay"),
    ("pay_paid", "Paid"),
)
ROBOT = re.compile(r"bot\b|crawler|spider|-probe/", re.IGNORECASE)
_for_a_robot: ContextVar[bool] = ContextVar("for_a_robot", default=False)


@dataclass(frozen=True)
class Step:
    """`share` in per cent of the first step."""

    name: str
    words: str
    count: int
    share: int


def count(name: str, detail: str = "") -> None:
    """Once more. `detail` is a code or one of our own words, never what somebody typed."""
    if settings.MONITORING_ENABLED and not _for_a_robot.get():
        recorder.add(recorder.MEASURE, name, detail[:DETAIL_LENGTH_MAX], ms=0.0)


def totals(*, since: datetime, until: datetime) -> dict[str, int]:
    """By name, all details together."""
    rows = Measurement.objects.filter(kind=recorder.MEASURE, hour__gte=since, hour__lt=until)
    return dict(rows.values_list("name").annotate(Sum("count")))


def funnel(*, since: datetime, until: datetime) -> Sequence[Step]:
    """From looking to paid. A browser that goes back is counted again: shares are for comparing weeks."""
    found = totals(since=since, until=until)
    first = found.get(FUNNEL[0][0], 0)
    return [
        Step(
            name, words, found.get(name, 0), round(100 * found.get(name, 0) / first) if first else 0
        )
        for name, words in FUNNEL
    ]


class MeasuresMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        robot = _for_a_robot.set(bool(ROBOT.search(request.headers.get("User-Agent", ""))))
        try:
            response = self.get_response(request)
            # A fragment is part of a page that was counted.
            if "HX-Request" not in request.headers and not request.path.startswith("/admin/"):
                _tell(request, response)
        finally:
            _for_a_robot.reset(robot)
        return response


def _tell(request: HttpRequest, response: HttpResponse) -> None:
    match = request.resolver_match
    if match is not None:
        told = f"{request.method} {match.view_name} {response.status_code}"
        if name := settings.MEASURES.get(told):
            count(name, str(match.kwargs.get("slug", "")))
    if response.status_code >= 400 and response.headers.get("Content-Type", "").startswith(
        "text/html"
    ):
        count("error_page", str(response.status_code))
