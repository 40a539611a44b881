"""Calling a date off: what it touches, the date typed to confirm, and a page that shows how far it is."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.views.generic import FormView, TemplateView
from unfold.decorators import display
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from core import clock, formats
from core.backoffice import people
from core.backoffice.readonly import ReadOnlyAdmin
from core.errors import NotFound, Refusal
from core.idempotency.forms import IdempotentFormMixin
from courses import selectors as courses
from payments.models import CalledOffBooking, CalledOffStatus, CallOffReason, SessionCancellation
from payments.services import session_cancelling

TONES = {"waiting": "warn", "choosing": "warn", "moved": "ok", "refunded": "ok", "ended": ""}
ROWS_MAX = 300


class CallOffForm(forms.Form):
    reason = forms.ChoiceField(
        label="Why", choices=CallOffReason.choices, widget=UnfoldAdminSelectWidget
    )
    note = forms.CharField(
        label="Note", max_length=500, required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="For colleagues. Customers don’t see it.",
    )  # fmt: skip
    typed = forms.CharField(
        max_length=40, widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, date: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.date = date
        self.fields["typed"].label = f"Type {date} to confirm"

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if " ".join(typed.split()).casefold() != self.date.casefold():
            raise forms.ValidationError(f"Type the date as it is written: {self.date}.")
        return typed


class CallOff(IdempotentFormMixin, UnfoldModelAdminViewMixin, FormView):
    title = "Cancel this date"
    permission_required = ("courses.change_coursesession", "payments.add_refund")
    form_class = CallOffForm
    template_name = "admin/payments/call_off.html"

    @cached_property
    def session(self) -> Any:
        try:
            return courses.session(session_id=self.kwargs["session_id"], now=clock.now())
        except NotFound as refusal:
            raise Http404 from refusal

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "date": formats.plain_date(self.session.starts_at)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        preview = session_cancelling.preview(self.session.pk)
        return super().get_context_data(**kwargs) | {
            "session": self.session,
            "preview": preview,
            "people": formats.counted(preview.people, "person", "people"),
            "closed": self.session.state != "scheduled" or self.session.starts_at <= clock.now(),
            "back": reverse("admin:courses_coursesession_change", args=[self.session.pk]),
        }

    def form_valid(self, form: CallOffForm) -> HttpResponse:
        try:
            session_cancelling.begin(
                session_id=self.session.pk,
                reason=form.cleaned_data["reason"],
                note=form.cleaned_data["note"],
                actor=people.actor(self.request),
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error(None, refusal.detail)
            return self.form_invalid(form)
        messages.success(self.request, "The date is cancelled. Everybody is being told.")
        return redirect(
            reverse("admin:payments_sessioncancellation_progress", args=[self.session.pk])
        )


class Progress(UnfoldModelAdminViewMixin, TemplateView):
    """Each booking and what became of it; it refreshes itself until nothing waits for us."""

    title = "Cancelled date"
    permission_required = "payments.view_sessioncancellation"
    template_name = "admin/payments/call_off_progress.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        part = "#progress" if request.headers.get("HX-Request") else ""
        return render(request, f"{self.template_name}{part}", self.get_context_data(**kwargs))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        jobs = SessionCancellation.objects.select_related("session__course", "session__venue")
        job = jobs.filter(pk=self.kwargs["session_id"]).first()
        if job is None:
            raise Http404
        found = CalledOffBooking.objects.filter(job=job).select_related("booking")
        counts = dict(found.values_list("status").annotate(Count("pk")))
        return super().get_context_data(**kwargs) | {
            "job": job,
            "who": people.names([job.asked_by], self.request)[job.asked_by],
            "rows": [(each, TONES[each.status]) for each in found.order_by("pk")[:ROWS_MAX]],
            "counts": [(each.label, counts.get(each.value, 0)) for each in CalledOffStatus],
            "is_working": bool(counts.get(CalledOffStatus.WAITING)),
        }


@admin.register(SessionCancellation)
class SessionCancellationAdmin(ReadOnlyAdmin):
    list_display = ("session", "reason", "progress_shown", "asked_at")
    list_select_related = ("session__course", "session__venue")
    ordering = ("-asked_at",)
    fields = ("session", "reason", "note", "asked_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SessionCancellation]:
        return super().get_queryset(request).annotate(total=Count("bookings"))

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Any, name: str) -> URLPattern:
            shown = self.admin_site.admin_view(view.as_view(model_admin=self))
            name = f"payments_sessioncancellation_{name}"
            return path(f"<uuid:session_id>/{route}/", shown, name=name)

        mine = [page("begin", CallOff, "begin"), page("progress", Progress, "progress")]
        return [*mine, *super().get_urls()]

    @display(description="Bookings")
    def progress_shown(self, job: Any) -> str:
        return str(job.total)
