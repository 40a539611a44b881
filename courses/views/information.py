"""Plain pages: help, the rules of cancelling, privacy, terms, accessibility."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


def _page(name: str, section: str = ""):
    @require_safe
    def page(request: HttpRequest) -> HttpResponse:
        context = {
            "section": section,
            "hold_minutes": settings.HOLD_SECONDS // 60,
            "seller": settings.SELLER_NAME,
            "seller_address": settings.SELLER_ADDRESS,
        }
        return render(request, f"courses/information/{name}.html", context)

    return page


help_page = _page("help")
workplace = _page("workplace", section="workplace")
cancelling = _page("cancelling")
privacy = _page("privacy")
terms = _page("terms")
accessibility = _page("accessibility")
