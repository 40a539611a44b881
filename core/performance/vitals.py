"""What browsers tell of pages: how soon the largest part was there (LCP), how late it answered (INP), how much moved (CLS).

No cookie, no address, no identifier is kept: a page's name from our own list, a class of device, a number.
"""

import json
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core.performance import recorder
from core.ratelimit import limits

BYTES_MAX = 1000
DEVICES = ("phone", "tablet", "desktop")
LIMITS = {"LCP": 120_000, "INP": 60_000, "CLS": 10_000}


@csrf_exempt
@never_cache
@require_POST
def vitals(request: HttpRequest) -> HttpResponse:
    """204 whatever was sent that we can't use: a beacon has no reader. 413 when it is too large, 429 when too many."""
    limits.spend(request, limits.VITALS)
    if int(request.headers.get("Content-Length") or 0) > BYTES_MAX:
        return HttpResponse(status=413)
    told = _parsed(request.body)
    route = routes().get(str(told.get("page", "")))
    device = told.get("device")
    if route is not None and device in DEVICES:
        for name, limit in LIMITS.items():
            value = told.get(name)
            if isinstance(value, int | float) and 0 <= value <= limit:
                recorder.add(recorder.VITAL, route, f"{name} {device}", ms=float(value))
    return HttpResponse(status=204)


@cache
def routes() -> dict[str, str]:
    """Every named page: view name to route."""
    return dict(_named(get_resolver().url_patterns, "/", ""))


def _named(patterns: Any, route: str, space: str) -> Any:
    for each in patterns:
        here = route + str(each.pattern)
        if isinstance(each, URLResolver):
            name = f"{space}{each.namespace}:" if each.namespace else space
            yield from _named(each.url_patterns, here, name)
        elif isinstance(each, URLPattern) and each.name:
            yield f"{space}{each.name}", here


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
