"""What every template may say without loading anything: icons, money, dates, times, the office's phone."""

import datetime as dt
import re
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField
from django.template import Context
from django.template.loader import render_to_string
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide

from core import clock, formats, switches
from core.backoffice import errors_in_words
from core.tracing import links

SPOKEN_DATE = re.compile(r"(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day [0-9]{1,2} [A-Z][a-z]+")

register = template.Library()

register.filter("money", formats.money)
register.filter("clock_time", formats.clock_time)
register.filter("long_date", formats.long_date)
register.filter("day_date", formats.day_date)
register.filter("short_date", formats.short_date)
register.filter("plain_date", formats.plain_date)
register.filter("percent", formats.percent)
register.filter("error_words", errors_in_words.of)
register.filter("trace_link", links.trace_link)
register.filter("stored_trace_id", links.stored_trace_id)


@register.filter
def places(number: int) -> str:
    return formats.counted(number, "place")


@register.filter
def counted(number: int, word: str) -> str:
    """{{ 3|counted:"date" }} is "3 dates"; {{ 3|counted:"person,people" }} is "3 people"."""
    singular, _, plural = word.partition(",")
    return formats.counted(number, singular, plural or None)


@register.filter
def strong_dates(words: str) -> SafeString:
    """The same sentence with its dates ("Monday 30 November") marked as what matters in it."""
    marked = SPOKEN_DATE.sub(r"<strong>\g<0></strong>", escape(words))
    return mark_safe(marked)  # noqa: S308 (escaped one line above)


@register.filter
def minutes_from_now(seconds: int | None) -> str:
    """10 minutes, until 2.46pm."""
    wait = dt.timedelta(seconds=seconds or 60)
    minutes = max(1, -(-int(wait.total_seconds()) // 60))
    until = formats.clock_time(clock.now() + wait)
    return f"{formats.counted(minutes, 'minute')}, until {until},"


@register.filter
def by_then(moment: dt.datetime) -> str:
    return formats.by_then(moment, clock.now())


@register.filter
def unit_net(line: dict) -> str:
    """at £80.00, where one place's net is whole pence; else nothing."""
    net, rest = divmod(line["net_minor"], line["quantity"])
    return "" if rest else f" at {formats.money(net)}"


@register.simple_tag
def seconds_until(moment: dt.datetime) -> int:
    """How long is left, never below zero."""
    return max(0, int((moment - clock.now()).total_seconds()))


@register.simple_tag
def share_of(part: int, whole: int) -> str:
    """A length of 100 for an SVG bar."""
    return f"{min(100.0, 100 * part / max(1, whole)):.1f}"


@register.inclusion_tag("_partials/date_block.html")
def date_block(first: dt.datetime, last: dt.datetime) -> dict:
    return {"date": formats.date_block(formats.local_date(first), formats.local_date(last))}


@register.simple_tag
def time_range(first: dt.datetime, last: dt.datetime) -> str:
    return formats.time_range(first, last)


@register.simple_tag
def date_range(first: dt.datetime, last: dt.datetime) -> str:
    return formats.date_range(formats.local_date(first), formats.local_date(last))


@register.inclusion_tag("_partials/field.html")
def field(bound: BoundField) -> dict:
    """A form's field with its label, hint and error, tied together for those who hear the page."""
    described_by = [f"{bound.auto_id}-hint"] * bool(bound.help_text)
    described_by += [f"{bound.auto_id}-error"] * bool(bound.errors)
    extra: dict[str, str | bool] = {}
    if described_by:
        extra["aria-describedby"] = " ".join(described_by)
    return {
        "id": bound.auto_id,
        "label": bound.label,
        "hint": bound.help_text,
        "errors": bound.errors,
        "optional": not bound.field.required and not bound.field.widget.attrs.get("data-asked"),
        "control": bound.as_widget(attrs=extra),
    }


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing that says nothing to a screen reader: the words beside it do."""
    return _icon(name)


@register.simple_tag(takes_context=True)
def site_header(context: Context) -> SafeString:
    """The head of every page, with the link of this page's section marked."""
    return _frame("_partials/site_header.html", context.get("section", ""), *_office())


@register.simple_tag
def site_footer() -> SafeString:
    return _frame("_partials/site_footer.html", "", *_office())


@register.simple_tag
def selling_stopped() -> Any:
    """The order that stopped selling, while it is in force."""
    return switches.order_of(switches.Name.SELLING)


@register.simple_tag
def office_phone() -> str:
    return settings.OFFICE_PHONE


@register.simple_tag
def office_phone_link() -> str:
    return formats.phone_link(settings.OFFICE_PHONE)


@register.simple_tag
def call_us() -> SafeString:
    """The office's number as a link that calls it."""
    return format_html(
        '<a class="nowrap num" href="{}">{}</a>',
        formats.phone_link(settings.OFFICE_PHONE),
        settings.OFFICE_PHONE,
    )


@register.simple_tag
def office_hours() -> str:
    return settings.OFFICE_HOURS


def _office() -> tuple[str, str]:
    return settings.OFFICE_PHONE, settings.OFFICE_HOURS


@lru_cache(maxsize=32)
def _frame(template_name: str, section: str, _phone: str, _hours: str) -> SafeString:
    """The same for everybody: written once for each section, and again if the office's words change."""
    return render_to_string(template_name, {"section": section})


@lru_cache(maxsize=128)
def _icon(name: str) -> SafeString:
    drawing = lucide(name, size=None, **{"class": "icon", "aria-hidden": "true"})
    # The icon's own comments and white space are bytes on every page.
    return mark_safe(" ".join(drawing.split()))  # noqa: S308 (a drawing of the library, no input)
