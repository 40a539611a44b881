"""Django's handler500: what failed outside of every view. The database may fail a middleware too, and that is 503."""

import sys

from django.http import HttpRequest, HttpResponse

from core.api import problems
from core.api.exceptions import as_refusal
from core.api.middleware import API_PREFIX, refusal_page
from core.tracing import views


def server_error(request: HttpRequest) -> HttpResponse:
    error = sys.exc_info()[1]
    refusal = as_refusal(error) if isinstance(error, Exception) else None
    if refusal is None:
        return views.server_error(request)
    if request.path.startswith(API_PREFIX):
        return problems.response(problems.of_refusal(refusal), problems.headers_of(refusal))
    return refusal_page(request, refusal)
