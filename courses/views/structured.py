"""A course as schema.org describes one, for search engines: a block of data in the page, which nothing executes."""

import json
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from courses.models import Course
from courses.selectors import Listed

# As Django's json_script: what is typed in the back office can't end the block.
ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}
STOCK = {True: "https://schema.org/InStock", False: "https://schema.org/SoldOut"}


def course_data(course: Course, dates: Sequence[Listed]) -> SafeString:
    address = settings.SITE_URL + reverse("courses:course", args=[course.slug])
    return _block(
        {
            "@context": "https://schema.org",
            "@type": "Course",
            "@id": address,
            "url": address,
            "name": course.title,
            "description": course.summary,
            "inLanguage": "en-GB",
            "provider": {
                "@type": "Organization",
                "name": "React Fast Training",
                "legalName": settings.SELLER_NAME,
                "url": settings.SITE_URL,
                "telephone": settings.OFFICE_PHONE,
            },
            "offers": _offer(course, address),
            "hasCourseInstance": [_instance(course, date) for date in dates],
        }
    )


def _instance(course: Course, date: Listed) -> dict[str, Any]:
    address = settings.SITE_URL + reverse("courses:choose", args=[date.id])
    return {
        "@type": "CourseInstance",
        "courseMode": "Onsite",
        "courseWorkload": f"PT{course.hours}H",
        "startDate": date.starts_at.isoformat(),
        "endDate": date.ends_at.isoformat(),
        "location": {
            "@type": "Place",
            "name": date.town,
            "address": {
                "@type": "PostalAddress",
                "addressLocality": date.town,
                "postalCode": date.postcode,
                "addressCountry": "GB",
            },
        },
        "offers": _offer(course, address) | {"availability": STOCK[date.places_left > 0]},
    }


def _offer(course: Course, address: str) -> dict[str, Any]:
    return {
        "@type": "Offer",
        "category": "Paid",
        "price": f"{course.price_minor // 100}.{course.price_minor % 100:02}",
        "priceCurrency": "GBP",
        "url": address,
    }


def _block(data: dict[str, Any]) -> SafeString:
    return mark_safe(json.dumps(data, separators=(",", ":")).translate(ESCAPES))  # noqa: S308
