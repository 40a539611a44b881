"""The hidden key of a form that must not take effect twice."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.idempotency.forms import FIELD
from core.ids import secret_token

register = template.Library()


@register.simple_tag
def idempotency_field() -> SafeString:
    """A fresh key; each showing of a form is an intent of its own."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, secret_token())
