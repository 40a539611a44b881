"""What monitoring asks: is this process alive, can it work, and its numbers."""

import ipaddress

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core.health import checks, exposition
from core.ratelimit.address import client_address


@never_cache
@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """200 as long as this process answers at all; it asks nothing else, so that no outage restarts it."""
    return JsonResponse({"status": "alive"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when every dependency works, else 503; each with its answer."""
    answers = checks.ask_all()
    ready = checks.ready(answers)
    body = {
        "status": "ready" if ready else "not_ready",
        "checks": {name: health.as_json() for name, health in answers.items()},
    }
    return JsonResponse(body, status=200 if ready else 503)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text, all processes together; only for METRICS_ALLOWED_NETS."""
    if not settings.MONITORING_ENABLED or not _may_read_metrics(request):
        raise Http404
    return HttpResponse(exposition.text(), content_type=exposition.CONTENT_TYPE)


def _may_read_metrics(request: HttpRequest) -> bool:
    """With a proxy that no setting names, everyone seems to come from its address: nobody may."""
    if not settings.TRUSTED_PROXY_COUNT and "X-Forwarded-For" in request.headers:
        return False
    address = ipaddress.ip_address(client_address(request))
    networks = (ipaddress.ip_network(net, strict=False) for net in settings.METRICS_ALLOWED_NETS)
    return any(address in network for network in networks)
