"""The page that shows what would be tried again before it is."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Count, Max, QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.generic import FormView
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminTextareaWidget

from core import clock
from core.backoffice import bulk, people
from core.backoffice.bulk_admin import result_url
from core.errors import Conflict
from core.outbox import services
from core.outbox.models import Delivery, State

AT_ONCE_MAX = 1000
REPLAY = "outbox.replay"


class NothingToTry(Conflict):
    code = "nothing_to_try"
    detail = "It is done, or being handled this moment."


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Why now",
        max_length=200,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="For example: the mistake is mended. Kept in the audit trail.",
    )


class ReplayView(UnfoldModelAdminViewMixin, FormView):
    """Those that `ids` names; without it all that gave up."""

    title = "Try again"
    permission_required = "outbox.change_delivery"
    form_class = ReasonForm
    template_name = "outbox/admin/replay.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        groups = (
            self._chosen()
            .values("message__name", "handler")
            .annotate(number=Count("id"), error=Max("error"))
            .order_by("message__name", "handler")
        )
        total = sum(group["number"] for group in groups)
        return super().get_context_data(groups=groups, total=total, back=_list(), **kwargs)

    def form_valid(self, form: ReasonForm) -> HttpResponse:
        """One at once; many in the background, with a page that says how each went."""
        keys = list(self._chosen().values_list("pk", flat=True)[:AT_ONCE_MAX])
        reason, actor = form.cleaned_data["reason"], people.actor(self.request)
        if len(keys) > 1:
            asked = bulk.start(
                act=REPLAY,
                keys=[str(key) for key in keys],
                reason=reason,
                actor=actor,
                now=clock.now(),
            )
            return HttpResponseRedirect(result_url(asked))
        count = services.replay(delivery_ids=keys, actor=actor, reason=reason, now=clock.now())
        messages.success(self.request, f"{count} on its way again.")
        return super().form_valid(form)

    def get_success_url(self) -> str:
        return _list()

    def _chosen(self) -> QuerySet[Delivery]:
        text = self.request.GET.get("ids")
        if not text:
            return Delivery.objects.gave_up()
        try:
            keys = [UUID(key) for key in text.split(",")]
        except ValueError:
            raise Http404 from None
        return Delivery.objects.filter(pk__in=keys, state__in=[State.WAITING, State.GAVE_UP])


def replay(*, key: UUID, actor: str, reason: str, now: datetime) -> str:
    if not services.replay(delivery_ids=[key], actor=actor, reason=reason, now=now):
        raise NothingToTry
    return "On its way again."


def _list() -> str:
    return reverse("admin:outbox_delivery_changelist")


bulk.register(
    bulk.Act(
        REPLAY,
        "Try messages again",
        replay,
        lambda key: reverse("admin:outbox_delivery_change", args=[key]),
    )
)
