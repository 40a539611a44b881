"""The maintenance page: for customers everything answers 503, while staff, Stripe's messages and monitoring come through."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from core import clock
from core.api import problems
from core.errors import Unavailable
from core.switches.memory import Name, order_of
from core.switches.models import SwitchOrder

OPEN = ("/admin/", "/static/", "/webhooks/", "/livez", "/readyz", "/metrics", "/csp-report")
API_PREFIX = "/api/"
RETRY_SECONDS = 600


class UnderMaintenance(Unavailable):
    code = "maintenance"
    detail = "We’re updating the site. Bookings already made are safe."


class MaintenanceMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        order = order_of(Name.MAINTENANCE)
        if order is None or request.path.startswith(OPEN):
            return self.get_response(request)
        return _page(request, order)


def _page(request: HttpRequest, order: SwitchOrder) -> HttpResponse:
    left = (order.until - clock.now()).total_seconds() if order.until else RETRY_SECONDS
    seconds = max(1, int(left))
    if request.path.startswith(API_PREFIX):
        refusal = UnderMaintenance(retry_after=seconds)
        return problems.response(problems.of_refusal(refusal), problems.headers_of(refusal))
    words = render_to_string("switches/maintenance.html", {"until": order.until})
    headers = {"Retry-After": str(seconds), "Cache-Control": "no-store"}
    return HttpResponse(words, status=503, headers=headers)
