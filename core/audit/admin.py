"""The audit trail: who did what, when and why, before and after; and the proof that it is whole."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.generic import View
from unfold.views import ChangeList, UnfoldModelAdminViewMixin

from core import clock
from core.audit import verifications
from core.audit.models import AuditEntry, Verification
from core.backoffice import people
from core.backoffice.readonly import ReadOnlyAdmin

LIST = "admin:audit_auditentry_changelist"
PERIODS = {"today": ("Today", 1), "week": ("7 days", 7), "month": ("30 days", 30)}
# What the first part of a subject means, and where its page is, if it has one.
KINDS = {
    "courses.booking": ("Booking", "courses_booking"),
    "courses.session": ("Session", "courses_coursesession"),
    "payments.payment": ("Payment", "payments_payment"),
    "payments.refund": ("Refund", "payments_refund"),
    "payments.straymoney": ("Money without a place", "payments_straymoney"),
    "payments.webhook": ("Stripe message", "payments_webhookevent"),
    "payments.difference": ("Difference to Stripe", ""),
    "invoicing.document": ("Invoice", "invoicing_document"),
    "fraud.reviewcase": ("Review", "fraud_reviewcase"),
    "fraud.blacklistentry": ("Blacklist", "fraud_blacklistentry"),
    "mail.message": ("Message", "mail_message"),
    "sagas.run": ("Booking journey", "sagas_sagarun"),
    "outbox.delivery": ("Outbox", "outbox_delivery"),
    "breakers.breaker": ("Circuit breaker", ""),
    "cache.family": ("Cache", ""),
    "performance.suggestion": ("Suggestion", ""),
    "audit.trail": ("Audit trail", ""),
    "auth.user": ("Staff", "auth_user"),
}


class NamedList(ChangeList):
    """Each row with who it was, in one query for all."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        entries = list(self.result_list)
        called = people.names((entry.actor for entry in entries), request)
        for entry in entries:
            entry.called = called[entry.actor]
        self.result_list = entries


class WhenFilter(admin.SimpleListFilter):
    title = "when"
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(key, words) for key, (words, _) in PERIODS.items()]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry]
    ) -> QuerySet[AuditEntry]:
        if self.value() not in PERIODS:
            return queryset
        _, days = PERIODS[str(self.value())]
        return queryset.filter(at__gte=clock.now() - timedelta(days=days))


class AboutFilter(admin.SimpleListFilter):
    title = "about"
    parameter_name = "about"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind, words) for kind, (words, _) in KINDS.items()]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry]
    ) -> QuerySet[AuditEntry]:
        if self.value() not in KINDS:
            return queryset
        return queryset.filter(subject__startswith=f"{self.value()}:")


class WhoFilter(admin.SimpleListFilter):
    title = "who"
    parameter_name = "who"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        from django.contrib.auth.models import User

        staff = User.objects.filter(is_staff=True).order_by("username")[:50]
        named = [(f"staff:{user.pk}", user.get_full_name() or user.username) for user in staff]
        return [*named, ("other", "The system and customers")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry]
    ) -> QuerySet[AuditEntry]:
        if self.value() == "other":
            return queryset.exclude(actor__startswith="staff:")
        return queryset.filter(actor=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "who", "what", "about", "reason")
    list_filter = (WhenFilter, AboutFilter, WhoFilter)
    search_fields = ("subject__istartswith", "actor__istartswith", "trace_id__exact")
    search_help_text = "The beginning of a subject such as courses.booking:…, or a trace"
    ordering = ("-at", "-id")
    list_before_template = "audit/admin/_chain.html"
    fields = (
        "at", "who", "what", "about", "reason", "change", "subject", "sequence", "trace_id", "hash",
    )  # fmt: skip
    readonly_fields = fields

    def get_urls(self) -> list[URLPattern]:
        verify = self.admin_site.admin_view(VerifyNow.as_view(model_admin=self))
        return [path("verify/", verify, name="audit_verify"), *super().get_urls()]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return NamedList

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        entry = super().get_object(request, *args, **kwargs)
        if entry is not None:
            entry.called = people.names([entry.actor], request)[entry.actor]
        return entry

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        chain = {"verification": _latest(), "address": request.get_full_path()}
        return super().changelist_view(request, {**chain, **(extra_context or {})})

    @admin.display(description="Who", ordering="actor")
    def who(self, entry: AuditEntry) -> str:
        return getattr(entry, "called", entry.actor)

    @admin.display(description="What", ordering="action")
    def what(self, entry: AuditEntry) -> str:
        """review.approved is "Review approved"."""
        return re.sub(r"[._]", " ", entry.action).capitalize()

    @admin.display(description="About", ordering="subject")
    def about(self, entry: AuditEntry) -> str | SafeString:
        kind, _, key = entry.subject.partition(":")
        words, page = KINDS.get(kind, (kind, ""))
        url = _page_of(page, key)
        name = key if len(key) < 30 else f"{key[:8]}…"
        return format_html('<a href="{}">{} {}</a>', url, words, name) if url else f"{words} {name}"

    @admin.display(description="Before and after")
    def change(self, entry: AuditEntry) -> SafeString:
        return render_to_string("audit/admin/_change.html", {"rows": _changes(entry)})


class VerifyNow(UnfoldModelAdminViewMixin, View):
    """Recompute it all, in the background."""

    permission_required = "audit.view_auditentry"
    http_method_names = ["post"]
    title = "Verify the chain"

    def post(self, request: HttpRequest) -> HttpResponse:
        verifications.ask(actor=people.actor(request), now=clock.now())
        messages.success(request, "Every record is being recomputed. The result appears here.")
        return redirect(LIST)


def _latest() -> Verification | None:
    return Verification.objects.order_by("-id").first()


def _page_of(page: str, key: str) -> str:
    if not page:
        return ""
    try:
        return reverse(f"admin:{page}_change", args=[key])
    except NoReverseMatch:
        return ""


def _changes(entry: AuditEntry) -> Sequence[tuple[str, str, str]]:
    """(name, before, after) of all that either side tells."""
    before, after = entry.before or {}, entry.after or {}
    names = [*before, *(name for name in after if name not in before)]
    return [(name, _shown(before.get(name)), _shown(after.get(name))) for name in names]


def _shown(value: Any) -> str:
    """Personal values were kept as digests, so that nobody reads them here."""
    if value is None:
        return "–"
    text = str(value)
    return "kept as a fingerprint" if text.startswith("digest:") else text
