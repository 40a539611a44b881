"""What search engines read: which addresses are worth a visit, and which are nobody's business."""

from xml.sax.saxutils import escape

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from core import clock
from courses import shown

# Booking links are not named here: they say noindex themselves, which only those see who may fetch them.
CLOSED = ("/admin/", "/api/", "/sessions/")
PAGES = ("catalogue", "workplace", "help", "cancelling", "privacy", "terms", "accessibility")
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


@require_safe
@cache_control(public=True, max_age=86400)
def robots(request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in CLOSED), ""]
    lines += [f"Sitemap: {settings.SITE_URL}{reverse('courses:sitemap')}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=3600)
def sitemap(request: HttpRequest) -> HttpResponse:
    """The pages that say the same to everybody, and each course on sale."""
    addresses = [reverse(f"courses:{name}") for name in PAGES]
    addresses += [
        reverse("courses:course", args=[course.slug])
        for course in shown.courses_in_brief(now=clock.now())
    ]
    entries = "".join(
        f"<url><loc>{escape(settings.SITE_URL + address)}</loc></url>" for address in addresses
    )
    body = f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="{SITEMAP}">{entries}</urlset>'
    return HttpResponse(body, content_type="application/xml; charset=utf-8")
