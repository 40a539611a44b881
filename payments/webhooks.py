"""The door that Stripe knocks at: `/webhooks/stripe/`."""

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core import clock, nudges
from core.crashpoints import crash_point
from core.errors import Unavailable
from payments.services import webhooks
from payments.tasks import PROCESS_WEBHOOK

BODY_BYTES_MAX = 256 * 1024

log = structlog.get_logger(__name__)


@csrf_exempt
@require_POST
def stripe(request: HttpRequest) -> HttpResponse:
    """200 stored or known, 400 forged or not ours, 413 too large. Work is left to a worker."""
    body = _body(request)
    if body is None:
        return JsonResponse({"error": "too_large"}, status=413)
    signature = request.headers.get("Stripe-Signature", "")
    try:
        event = webhooks.receive(body=body, signature=signature, now=clock.now())
    except (webhooks.Forged, Unavailable) as error:
        log.warning("webhook_refused", reason=type(error).__name__)
        return JsonResponse({"error": "not_accepted"}, status=400)
    crash_point("CP09")
    if event is not None and event.waits:
        nudges.send(PROCESS_WEBHOOK, event_pk=str(event.pk))
    return JsonResponse({"received": True})


def _body(request: HttpRequest) -> bytes | None:
    """The raw bytes, or None when there are too many; never more than that is read."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > BODY_BYTES_MAX:
        return None
    body = request.read(BODY_BYTES_MAX + 1)
    return None if len(body) > BODY_BYTES_MAX else body
