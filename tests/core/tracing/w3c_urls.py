"""What a service under the W3C's test does: it is told whom to call, and calls them within its trace.

Run the suite of the Trace Context repository against it (`python test.py http://127.0.0.1:8000/trace-context/`):

    DJANGO_SETTINGS_MODULE=tests.core.tracing.w3c_settings python -m gunicorn config.wsgi
"""

import json
import urllib.request

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from core.tracing import propagation, spans

CALL_SECONDS_MAX = 5


@csrf_exempt
def callbacks(request: HttpRequest) -> HttpResponse:
    """Takes a JSON array of {url, arguments}; sends each its arguments."""
    for call in json.loads(request.body):
        with spans.span("POST", spans.SpanKind.CLIENT):
            order = urllib.request.Request(
                call["url"],
                data=json.dumps(call["arguments"]).encode(),
                headers={"Content-Type": "application/json", **propagation.current_context()},
            )
            urllib.request.urlopen(order, timeout=CALL_SECONDS_MAX).close()
    return HttpResponse("done")


urlpatterns = [path("trace-context/", callbacks), path("", include("config.urls"))]
