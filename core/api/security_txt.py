"""/.well-known/security.txt (RFC 9116): where to tell us of a hole."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from core import clock

PATH = ".well-known/security.txt"
GOOD_FOR = timedelta(days=180)


@require_safe
@cache_control(public=True, max_age=86400)
def security_txt(request: HttpRequest) -> HttpResponse:
    lines = (
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {(clock.now() + GOOD_FOR).strftime('%Y-%m-%dT00:00:00Z')}",
        "Preferred-Languages: en",
        f"Canonical: {settings.SITE_URL}/{PATH}",
        "",
    )
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
