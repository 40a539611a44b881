"""One case: what is known of it on one page, and the acts that close it, make it wait, or take it over."""

from datetime import datetime
from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.generic import TemplateView, View
from unfold.views import UnfoldModelAdminViewMixin

from core import clock, formats
from core.backoffice import people
from core.errors import NotFound, Refusal
from core.idempotency.forms import IdempotentFormMixin
from core.money import Money
from courses import selectors as courses
from fraud import selectors as fraud
from fraud.selectors import ReviewCase
from fraud.services import review_queue, reviews, watches
from payments import selectors
from payments.admin.reviews import ending, links, panels, queue, story, words
from payments.admin.reviews.forms import DecisionForm
from payments.services import also_block, reviewing

MAY_DECIDE = "fraud.change_reviewcase"
MAY_BLOCK = "fraud.change_blacklistentry"
KEYS = (
    ("A", "Choose approve"),
    ("D", "Choose decline"),
    ("B", "Choose what to block"),
    ("R", "Refund, once the money was taken"),
    ("J", "Next case"),
    ("K", "Previous case"),
    ("?", "These shortcuts"),
    ("/", "Find a booking, person or invoice"),
)


class CaseMixin(UnfoldModelAdminViewMixin):
    """What every address of a case asks for first."""

    permission_required = "fraud.view_reviewcase"
    title = "Booking to review"
    request: HttpRequest
    kwargs: dict[str, Any]

    @cached_property
    def case(self) -> ReviewCase:
        try:
            return fraud.case(self.kwargs["case_id"])
        except NotFound as missing:
            raise Http404(missing.detail) from None

    @property
    def actor(self) -> str:
        return people.actor(self.request)

    @property
    def may_decide(self) -> bool:
        return bool(self.request.user.has_perm(MAY_DECIDE))

    @property
    def may_block(self) -> bool:
        return bool(self.request.user.has_perm(MAY_BLOCK))

    def other_watch(self, now: datetime) -> watches.Watch | None:
        """The colleague who has it open; says that we have, when nobody does."""
        if not self.may_decide or self.case.state != "open":
            return None
        watch = watches.look(case_id=self.case.pk, actor=self.actor, now=now)
        return watch if watch.actor != self.actor else None


class ReviewDesk(IdempotentFormMixin, CaseMixin, TemplateView):
    template_name = "admin/reviews/case.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.may_decide:
            return self.handle_no_permission()
        act = {
            "decide": self._decide,
            "take_over": self._take_over,
            "ask_to_call": self._ask_to_call,
            "hold": self._hold,
        }.get(request.POST.get("act", "decide"))
        if act is None:
            raise Http404("There is no such act.")
        try:
            return act(clock.now())
        except Refusal as refusal:
            return self._again(refused=refusal)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = clock.now()
        case = self.case
        payment = selectors.payment(case.payment_id)
        booking = courses.booking(payment.booking_id)
        filters = queue.filters_of(self.request.GET)
        kept = queue.kept_query(self.request.GET)
        form = kwargs.pop("form", None) or DecisionForm()
        tries = links.of(case=case, now=now)
        other = self.other_watch(now)
        happened = story.of(case=case, payment=payment, booking=booking, tries=tries)
        names = people.names(
            [case.decided_by, *([other.actor] if other else []), *(row.actor for row in happened)],
            self.request,
        )
        return super().get_context_data(**kwargs) | {
            "case": case,
            "payment": payment,
            "booking": booking,
            "now": now,
            "amount": formats.money(Money(case.amount_minor, case.currency)),
            "course": booking.session.course,
            "session": booking.session,
            "strip": panels.strip(case, payment, booking, now),
            "risk": panels.risk(case, payment, tries, now),
            "customer_rows": panels.customer(booking, now),
            "payment_rows": panels.payment(case, payment, now),
            "links": links.drawn(tries, case, booking, payment, now),
            "origin": panels.origin(case, payment, booking),
            "happened": story.with_names(happened, names),
            "ending": ending.of(case, payment, names, now),
            "form": form,
            "reasons": reviews.REASONS,
            "blockable": self._blockable(form, payment, now),
            "may_decide": self.may_decide,
            "may_block": self.may_block,
            "may_refund": self.request.user.has_perm("payments.add_refund"),
            "may_hold": reviews.may_hold(case, now),
            "asked_at": case.asked_to_call_at and words.moment(case.asked_to_call_at, now),
            "other": other
            and {"name": names[other.actor], "since": formats.clock_time(other.since)},
            "place": review_queue.place(case=case, filters=filters, now=now),
            "keys": KEYS,
            "kept": f"?{kept}" if kept else "",
            "queue_url": reverse("admin:fraud_reviewcase_changelist")
            + (f"?{kept}" if kept else ""),
        }

    def _decide(self, now: datetime) -> HttpResponse:
        form = DecisionForm(self.request.POST)
        if not form.is_valid():
            return self._again(form=form)
        watches.refuse_if_elsewhere(case_id=self.case.pk, actor=self.actor, now=now)
        given = form.cleaned_data
        reviewing.decide(
            case_id=self.case.pk,
            decision=given["decision"],
            reason=given["reason"],
            note=given["note"],
            block=given["block"],
            may_block=self.may_block,
            actor=self.actor,
            now=now,
        )
        watches.leave(case_id=self.case.pk, actor=self.actor)
        return self._back()

    def _blockable(self, form: DecisionForm, payment: Any, now: datetime) -> list[dict[str, Any]]:
        if not (self.may_decide and self.may_block) or self.case.state != "open":
            return []
        ticked = form["block"].value() or []
        return [
            {"choice": each, "chosen": each.kind in ticked}
            for each in also_block.choices(payment=payment, now=now)
        ]

    def _take_over(self, now: datetime) -> HttpResponse:
        watches.take_over(case_id=self.case.pk, actor=self.actor, now=now)
        return self._back()

    def _ask_to_call(self, now: datetime) -> HttpResponse:
        watches.refuse_if_elsewhere(case_id=self.case.pk, actor=self.actor, now=now)
        reviewing.ask_to_call(case_id=self.case.pk, actor=self.actor, now=now)
        return self._back()

    def _hold(self, now: datetime) -> HttpResponse:
        watches.refuse_if_elsewhere(case_id=self.case.pk, actor=self.actor, now=now)
        reviewing.hold(case_id=self.case.pk, actor=self.actor, now=now)
        return self._back()

    def _back(self) -> HttpResponse:
        return HttpResponseRedirect(self.request.get_full_path())

    def _again(self, *, form: DecisionForm | None = None, refused: Any = None) -> HttpResponse:
        """The page as things stand now, with what was wrong; what was typed is kept."""
        self.__dict__.pop("case", None)
        form = form or DecisionForm(self.request.POST)
        context = self.get_context_data(form=form, refused=refused and _words(refused))
        status = 409 if refused else 400
        return self.render_to_response(context, status=status)


class CaseProgress(CaseMixin, View):
    """Asked every two seconds after a decision, until the saga has moved."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        now = clock.now()
        payment = selectors.payment(self.case.payment_id)
        names = people.names([self.case.decided_by], request)
        context = {
            "ending": ending.of(self.case, payment, names, now),
            "case": self.case,
            "payment": payment,
            "may_refund": request.user.has_perm("payments.add_refund"),
        }
        return render(request, "admin/reviews/_ending.html", context)


class CaseWatch(CaseMixin, View):
    """The page's sign of life. Decided meanwhile, the page is loaded again; taken over, it says so."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        now = clock.now()
        if not self.may_decide:
            return self.handle_no_permission()
        if self.case.state != "open":
            return HttpResponse(headers={"HX-Refresh": "true"})
        other = self.other_watch(now)
        names = people.names([other.actor], request) if other else {}
        shown = other and {"name": names[other.actor], "since": formats.clock_time(other.since)}
        return render(request, "admin/reviews/_watch.html", {"case": self.case, "other": shown})


def _words(refusal: Refusal) -> str:
    """All that a refusal says, in one line."""
    said = [each for values in refusal.fields.values() for each in values]
    return " ".join(said) or refusal.detail
