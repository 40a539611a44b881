"""Cancellation policies: tiers as rows of a form, with what they would give back, before anything is saved."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.views.generic import FormView
from unfold.decorators import action, display
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget

from core import clock
from core.backoffice import people
from core.errors import Refusal
from core.idempotency.forms import IdempotentFormMixin
from core.money import Money
from courses import policy
from courses.admin.kept import KeptAdmin
from courses.models import CancellationPolicy
from courses.services import policies

TIERS_MAX = 5
EXAMPLE = Money(10_000)


@admin.register(CancellationPolicy)
class CancellationPolicyAdmin(KeptAdmin):
    list_display = ("name", "in_words", "consumer_right_days")
    fields = ("name", "in_words", "consumer_right_days", "examples")
    readonly_fields = ("in_words", "consumer_right_days", "examples")
    actions_detail = ("change_tiers",)

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(TiersConsole.as_view(model_admin=self))
        mine = path("<uuid:policy_id>/tiers/", page, name="courses_cancellationpolicy_tiers")
        return [mine, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A new one begins as the standard one is."""
        if not change:
            obj.tiers = policy.STANDARD["tiers"]
        super().save_model(request, obj, form, change)

    @display(description="What comes back")
    def in_words(self, kept: CancellationPolicy) -> str:
        rows = policy.in_words(kept.snapshot()) if kept.tiers else []
        return "; ".join(f"{when}: {share}" for when, share in rows)

    @display(description="For example")
    def examples(self, kept: CancellationPolicy) -> SafeString | str:
        return examples_of(kept.snapshot()) if kept.tiers else ""

    @action(description="Change what comes back", url_path="other-tiers", permissions=["tiers"])
    def change_tiers(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        address = reverse("admin:courses_cancellationpolicy_tiers", args=[object_id])
        return HttpResponseRedirect(address)

    def has_tiers_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("courses.change_cancellationpolicy"))


class TiersForm(forms.Form):
    """So many days before, so much per cent. Empty rows are left out, and rows may come in any order."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, TIERS_MAX + 1):
            self.fields[f"days_{number}"] = _number(f"{number}. At least so many days before", 365)
            self.fields[f"share_{number}"] = _number(f"{number}. Per cent that comes back", 100)
        self.fields["consumer_right_days"] = _number(
            "Days in which a consumer may change their mind",
            policies.CONSUMER_DAYS_MAX,
            required=True,
        )
        self.fields["reason"] = forms.CharField(
            label="Why",
            max_length=policies.REASON_LENGTH_MAX,
            widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
            help_text="Kept in the audit trail.",
        )

    @classmethod
    def initial_of(cls, kept: CancellationPolicy) -> dict[str, Any]:
        given: dict[str, Any] = {"consumer_right_days": kept.consumer_right_days}
        for number, tier in enumerate(kept.tiers, start=1):
            given[f"days_{number}"] = tier["days_before"]
            given[f"share_{number}"] = tier["refund_bp"] // 100
        return given

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        tiers = []
        for number in range(1, TIERS_MAX + 1):
            days, share = cleaned.get(f"days_{number}"), cleaned.get(f"share_{number}")
            if (days is None) != (share is None) and not self.errors:
                missing = "share" if share is None else "days"
                self.add_error(f"{missing}_{number}", "Fill in both, or neither.")
            if days is not None and share is not None:
                tiers.append({"days_before": days, "refund_bp": share * 100})
        cleaned["tiers"] = sorted(tiers, key=lambda tier: -tier["days_before"])
        return cleaned


class TiersConsole(IdempotentFormMixin, UnfoldModelAdminViewMixin, FormView):
    title = "What cancelling gives back"
    permission_required = "courses.change_cancellationpolicy"
    form_class = TiersForm
    template_name = "courses/admin/tiers.html"

    @cached_property
    def kept(self) -> CancellationPolicy:
        return get_object_or_404(CancellationPolicy, pk=self.kwargs["policy_id"])

    def get_initial(self) -> dict[str, Any]:
        return TiersForm.initial_of(self.kept)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "kept": self.kept,
            "now_words": policy.in_words(self.kept.snapshot()),
            "examples": examples_of(self.kept.snapshot()),
            "back": reverse("admin:courses_cancellationpolicy_change", args=[self.kept.pk]),
        }

    def form_valid(self, form: TiersForm) -> HttpResponse:
        given = form.cleaned_data
        if wrong := policy.problems(given["tiers"]):
            for words in wrong:
                form.add_error(None, words)
            return self.form_invalid(form)
        if "confirmed" not in self.request.POST:
            return self._preview(form)
        try:
            policies.change(
                policy_id=self.kept.pk,
                tiers=given["tiers"],
                consumer_right_days=given["consumer_right_days"],
                reason=given["reason"],
                actor=people.actor(self.request),
                now=clock.now(),
            )
        except Refusal as refusal:
            for refused in refusal.fields.values() or [[str(refusal.detail)]]:
                form.add_error(None, " ".join(refused))
            return self.form_invalid(form)
        messages.success(self.request, "Bookings made from now on go by it.")
        return HttpResponseRedirect(self.get_context_data()["back"])

    def _preview(self, form: TiersForm) -> HttpResponse:
        given = form.cleaned_data
        wanted = self.kept.snapshot() | {
            "tiers": given["tiers"], "consumer_right_days": given["consumer_right_days"],
        }  # fmt: skip
        context = self.get_context_data(form=form) | {
            "given": [(name, form.data.get(name, "")) for name in form.fields],
            "then_words": policy.in_words(wanted),
            "then_examples": examples_of(wanted),
        }
        return render(self.request, "courses/admin/tiers_preview.html", context)


def examples_of(snapshot: dict[str, Any]) -> SafeString:
    rows = policy.examples(snapshot, EXAMPLE, clock.now())
    return SafeString(
        render_to_string("courses/admin/_examples.html", {"rows": rows, "price": EXAMPLE})
    )


def _number(label: str, most: int, *, required: bool = False) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=0, max_value=most, required=required,
        widget=UnfoldAdminIntegerFieldWidget(),
    )  # fmt: skip
