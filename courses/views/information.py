"""Plain pages: help, the rules of cancelling, privacy, terms, accessibility. What is a setting is read, never repeated."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core import formats
from courses import policy, selectors
from courses.services import signing_in


def _page(name: str, more: Callable[[], dict[str, Any]] = dict):
    @require_safe
    def page(request: HttpRequest) -> HttpResponse:
        context = {"seller": settings.SELLER_NAME, "seller_address": settings.SELLER_ADDRESS}
        template = f"courses/information/{name}.html"
        return render(request, template, context | more())

    return page


def _rules() -> dict[str, Any]:
    """Of cancelling: what each policy on sale gives back, and the consumer's own right."""
    found = selectors.cancellation_policies()
    return {
        "policies": [
            {"name": each.name if len(found) > 1 else "", "rows": policy.in_words(each.snapshot())}
            for each in found
        ],
        "consumer_right_days": max((each.consumer_right_days for each in found), default=0),
    }


def _times() -> dict[str, Any]:
    return {
        "hold_minutes": settings.HOLD_SECONDS // 60,
        "extensions": settings.HOLD_EXTENSIONS_MAX,
        "sign_in_days": signing_in.KEPT.days,
        "sign_in_hours": int(signing_in.VISIT.total_seconds() // 3600),
        "profile_days": settings.FRAUD_PROFILE_DAYS,
        "enquiries_kept": formats.counted(settings.ENQUIRY_DAYS // 30, "month"),
        "new_dates_kept": formats.length_of_time(settings.NEW_DATES_DAYS // 30),
        "company_number": settings.SELLER_COMPANY_NUMBER,
        "vat_number": settings.SELLER_VAT,
        "security_contact": settings.SECURITY_CONTACT,
    }


help_page = _page("help", _times)
cancelling = _page("cancelling", _rules)
privacy = _page("privacy", _times)
terms = _page("terms", _times)
accessibility = _page("accessibility", _times)
